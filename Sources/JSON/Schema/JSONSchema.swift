internal import Text

/// Why a document is no schema that Atlas can hold values to, and where in it: a JSON pointer (RFC 6901), "" for the whole.
package struct JSONSchemaError: Error, Sendable, Equatable, CustomStringConvertible {
    package var pointer: String
    package var reason: String

    package var description: String { "\(reason) at #\(pointer)" }
}

/// One thing that is wrong with a value. The code is one that fields have too (`type enum min max required unknown duplicate`), `limit` when
/// checking would take too long, or else the keyword that refuses it.
package struct JSONSchemaFault: Sendable, Equatable {
    /// As `hours.sat[0].from`.
    package var path: String
    package var code: String
    package var message: String
}

/// A JSON Schema (draft 2020-12), compiled once, that says everything that is wrong with a value.
///
/// What it holds values to is all of the applicator and validation vocabularies but what needs bookkeeping over several schemas (`unevaluated…`,
/// `$dynamicRef`); references stay within the document. A keyword that it does not know is refused, since a misspelt one would check nothing.
/// `format` says something to readers and checks nothing.
package struct JSONSchema: Sendable {
    /// Faults told of one value; the rest is like them.
    package static let mostFaults = 50
    /// Steps that checking one value may take, about 100 ns each: schemas asked, members and items looked at, bytes matched times the pattern's size.
    package static let mostSteps = 1_000_000

    let nodes: [[JSONSchemaCheck]]
    let root: Int

    package init(_ document: JSONValue) throws(JSONSchemaError) {
        var compiler = JSONSchemaCompiler(document)
        root = try compiler.compile()
        nodes = compiler.nodes
    }

    /// Everything that is wrong with the value, in the order of the schema; nothing when it is valid. `path` is where the value stands.
    package func faults(in value: JSONValue, path: String = "") -> [JSONSchemaFault] {
        var validation = JSONSchemaValidation(self, path: path)
        return validation.faults(in: value)
    }
}

/// One rule of a schema, ready to be applied. Whole numbers stand for schemas: their index in `JSONSchema.nodes`.
enum JSONSchemaCheck: Sendable {
    case never
    case type(Set<JSONType>)
    case enumeration(Set<JSONIdentity>, isConst: Bool, text: String)
    case minimum(JSONNumber, isExclusive: Bool, text: String)
    case maximum(JSONNumber, isExclusive: Bool, text: String)
    case multipleOf(JSONNumber, text: String)
    case length(least: Int, most: Int)
    case pattern(Pattern)
    case items(prefix: [Int], rest: Int?)
    case contains(Int, least: Int, most: Int)
    case itemCount(least: Int, most: Int)
    case uniqueItems
    case members(named: [String: Int], matching: [(Pattern, Int)], rest: Int?)
    case memberNames(Int)
    case memberCount(least: Int, most: Int)
    case required([String])
    case dependentRequired([(name: String, required: [String])])
    case dependentSchemas([(name: String, schema: Int)])
    case all([Int], keyword: String)
    case any([Int])
    case one([Int])
    case not(Int)
    case condition(Int, then: Int?, otherwise: Int?)
}

/// The types of JSON Schema.
enum JSONType: String, Sendable, CaseIterable {
    case null, boolean, integer, number, string, array, object

    func holds(_ value: JSONValue) -> Bool {
        switch (self, value) {
        case (.null, .null), (.boolean, .bool), (.integer, .integer), (.number, .integer), (.number, .number), (.string, .string),
            (.array, .array),
            (.object, .object):
            true
        case (.integer, .number): JSONNumber(value)?.isInteger ?? false
        default: false
        }
    }

    /// As a person calls it, like `JSONValue.kind`.
    var phrase: String {
        switch self {
        case .null: "null"
        case .integer: "a whole number"
        case .array, .object: "an \(rawValue)"
        case .boolean, .number, .string: "a \(rawValue)"
        }
    }
}
