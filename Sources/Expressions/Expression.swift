/// A compiled expression: parsed, its names resolved, typed. Compiled once at load, used by many threads.
package struct Expression: Sendable {
    package let source: String
    package let type: ValueType
    /// As checked and folded.
    let node: Node
    /// The same for rows in memory: its aggregates are questions to the store.
    private let prepared: Node
    let isCondition: Bool
    fileprivate let filterValueType: ValueType

    init(source: String, type: ValueType, node: Node, isCondition: Bool, filterValueType: ValueType = .null) {
        self.source = source
        self.type = type
        self.node = node
        self.prepared = node.prepared
        self.isCondition = isCondition
        self.filterValueType = filterValueType
    }

    /// A part of a rule, left over once the caller is known.
    func residual(_ node: Node) -> Expression {
        Expression(source: source, type: .bool, node: node, isCondition: true, filterValueType: filterValueType)
    }

    /// The value over a row in memory. `rows` answers paths to other records and aggregates; without it they are null.
    package func evaluate(
        in environment: Environment, row: Row? = nil, old: Row? = nil, rows: (any RowSource)? = nil
    ) throws -> Value {
        var environment = environment
        if let old { environment.old = old }
        let value = try Evaluator(environment: environment, row: row, rows: rows).value(prepared)
        return isCondition && value.isNull ? .bool(false) : value
    }

    /// A condition over a row in memory; null is false.
    package func isTrue(in environment: Environment, row: Row? = nil, old: Row? = nil, rows: (any RowSource)? = nil) throws -> Bool {
        try evaluate(in: environment, row: row, old: old, rows: rows) == .bool(true)
    }

    /// A condition over a row that is gone, as it was before it went; false also where nobody can tell any more, because what it asks of other
    /// rows may have gone with it.
    package func surelyHeld(in environment: Environment, over row: Row, rows: any RowSource) throws -> Bool {
        try PastCondition(environment: environment, row: row, rows: rows).holds(node) ?? false
    }

    /// Whether the fields of its own record alone decide it: no other record, caller or clock.
    package var readsItsRowAlone: Bool {
        !node.contains { node in
            switch node {
            case .parameter, .follow, .aggregate, .question, .contains(_, .rows): true
            default: false
            }
        }
    }

    /// Whether it speaks of one of these values of `Scope.names`.
    package func mentions(_ names: Set<String>) -> Bool {
        node.contains { node in
            guard case .parameter(.name(let name), _) = node else { return false }
            return names.contains(name)
        }
    }

    /// Whether the fields of its own record and the clock decide it.
    package var readsItsRowAndTheClockAlone: Bool {
        !node.contains { node in
            switch node {
            case .parameter(.now, _): false
            case .parameter, .follow, .aggregate, .question, .contains(_, .rows): true
            default: false
            }
        }
    }

    /// The fields of the caller's row that it looks at, by index.
    package var fieldsOfCaller: Set<Int> {
        var fields: Set<Int> = []
        _ = node.contains { part in
            if case .parameter(.me(let index), _) = part { fields.insert(index) }
            return false
        }
        return fields
    }

    /// The same as SQL over a table (or row of one) that bears `alias`. A condition never yields SQL's NULL in a place where it matters.
    /// `random` has no SQL and is NULL.
    package func sql(_ dialect: SQLDialect, alias: String) -> SQLFragment {
        let generator = SQLGenerator(home: .table(alias), dialect: dialect)
        return isCondition ? generator.condition(node, .loose) : generator.value(node)
    }
}

/// What the place of an expression in the file allows.
package struct Scope: Sendable {
    /// The collection whose fields are bare names and `this`; nil where there is no record.
    package var collection: String?
    /// Whether `old` is known (updates, transitions).
    package var hasOld: Bool
    /// Whether `me` and `request` are known.
    package var hasCaller: Bool
    /// Whether `new` is known (effects, transitions).
    package var hasNew: Bool
    /// The collection of `old` and `new` where they are rows of the environment; nil where `new` is the record itself and `old` it before.
    package var event: String?
    /// The collection of `given` (views), and of `to` (texts).
    package var given: String?
    package var to: String?
    /// Whether an `all.x` means the rows of `Environment.tenant` where no record says which tenant (a view over a tenant collection).
    package var isOfTenant: Bool
    /// Whether the value is computed and stored, and so may look down to children but not elsewhere (11-precisions 6).
    package var isComputed: Bool
    /// The fields of `input`.
    package var input: [String: ValueType]
    /// Other values by their whole path: `code`, `app.site_url`, `queue.media.waiting`.
    package var names: [String: ValueType]
    /// Whether `out`, the JSON that a job answered, is known.
    package var hasOut: Bool
    /// Whether it stands in a text, where `date time money` are known too.
    package var isText: Bool
    /// Whether `$` is known. Its type is taken from what it is compared with.
    package var hasFilterValue: Bool
    /// Named predicates, usable as bare names (`[rules]`).
    package var macros: [String: String]

    package init(
        collection: String? = nil, hasOld: Bool = false, hasNew: Bool = false, event: String? = nil, given: String? = nil,
        to: String? = nil,
        isOfTenant: Bool = false, isComputed: Bool = false, hasCaller: Bool = true, input: [String: ValueType] = [:],
        names: [String: ValueType] = [:], hasOut: Bool = false, isText: Bool = false, hasFilterValue: Bool = false,
        macros: [String: String] = [:]
    ) {
        self.hasNew = hasNew
        self.event = event
        self.given = given
        self.to = to
        self.isOfTenant = isOfTenant
        self.isComputed = isComputed
        self.names = names
        self.hasOut = hasOut
        self.isText = isText
        self.collection = collection
        self.hasOld = hasOld
        self.hasCaller = hasCaller
        self.input = input
        self.hasFilterValue = hasFilterValue
        self.macros = macros
    }
}

package enum Expectation: Sendable {
    /// True or false; a reference is no condition (11-precisions 2).
    case condition
    /// A value that fits a field of that type; `null` fits all.
    case value(ValueType)
    case anything
}

/// One fault of an expression.
package struct ExpressionFault: Error, Sendable, Equatable {
    package var message: String
    /// Offsets in Unicode scalars from the start of the source.
    package var range: Range<Int>
    /// What may have been meant, if something close exists.
    package var suggestion: String?
    /// Where it is made, when that is in a named rule.
    package var origin: Origin?

    package struct Origin: Sendable, Equatable {
        package var rule: String
        package var message: String
        /// Within the source of the rule.
        package var range: Range<Int>
    }

    package init(message: String, range: Range<Int>, suggestion: String? = nil) {
        self.message = message
        self.range = range
        self.suggestion = suggestion
    }
}

package struct ExpressionCompiler: Sendable {
    package let model: Model

    package init(model: Model) {
        self.model = model
    }

    package func compile(_ source: String, in scope: Scope, as expectation: Expectation) throws(ExpressionFault) -> Expression {
        let syntax = try Parser.parse(source)
        var isCondition = false
        if case .condition = expectation { isCondition = true }
        var checker = Checker(model: model, scope: scope, allowsRandom: !isCondition)
        let typed = try checker.root(syntax, as: expectation)
        let expression = Expression(
            source: source, type: typed.type, node: typed.node.folded, isCondition: isCondition,
            filterValueType: checker.filterValueType ?? .null)
        if expression.sql(.sqlite, alias: "t").nesting > SyntaxLimit.nesting {
            throw ExpressionFault(message: "the expression is nested too deeply for the database", range: syntax.range)
        }
        return expression
    }

    /// The type that `$` took in a declared filter.
    package func filterValueType(of expression: Expression) -> ValueType {
        expression.filterValueType
    }
}

extension SQLFragment {
    /// The most entries of the parser's stack that open brackets take at once.
    fileprivate var nesting: Int {
        var open: [Int] = []
        var sum = 0
        var most = 0
        var previous: UInt8 = 0
        for index in text.utf8.indices {
            let byte = text.utf8[index]
            switch byte {
            case UInt8(ascii: "("):
                let rest = text[index...].dropFirst()
                let isCall = previous | 0x20 >= UInt8(ascii: "a") && previous | 0x20 <= UInt8(ascii: "z")
                let weight = rest.hasPrefix("SELECT") ? 9 : rest.hasPrefix("CASE") || isCall ? 6 : 4
                open.append(weight)
                sum += weight
                most = max(most, sum)
            case UInt8(ascii: ")"): sum -= open.popLast() ?? 0
            default: break
            }
            previous = byte
        }
        return most
    }
}
