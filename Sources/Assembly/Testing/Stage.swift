internal import Config
internal import Expressions
internal import JSON
internal import Ports
internal import Records
internal import Schema

/// What is there before the request of a `[[test]]`: rows under their names, and who asks.
struct Stage: Sendable {
    struct Problem: Error, CustomStringConvertible {
        var description: String
    }

    private let schema: Schema
    private let now: Int64
    /// By name: the collection and the id.
    private var rows: [String: (collection: String, id: String)] = [:]
    /// The id of the user who asks; nil for an anonymous caller.
    private(set) var caller: String?
    private var firstTenant: String?

    init(schema: Schema, now: Int64) {
        self.schema = schema
        self.now = now
    }

    /// Stores a row with its values as they are: no rule is asked, field rights do not count.
    mutating func add(_ row: TestDeclaration.Row, _ writer: RecordWriter, _ transaction: any Transaction) throws {
        guard let collection = schema.collection(row.collection.value) else {
            throw Problem(description: "there is no collection '\(row.collection.value)' here")
        }
        let id = try insert(row.set, into: collection, writer, transaction)
        if collection.name == schema.tenancy?.tenants.name { firstTenant = firstTenant ?? id }
        if let name = row.name?.value { rows[name] = (collection.name, id) }
    }

    /// A row by its name, or a user made for the purpose, with his membership in the first tenant there is.
    mutating func setCaller(_ declared: TestDeclaration.Caller, _ writer: RecordWriter, _ transaction: any Transaction) throws {
        switch declared {
        case .anonymous: caller = nil
        case .row(let name): caller = rows[name.value]?.id
        case .user(let fields, let member):
            let id = try insert(fields, into: schema.users, writer, transaction)
            caller = id
            guard !member.isEmpty else { return }
            guard let tenancy = schema.tenancy else { throw Problem(description: "'member' needs [tenancy]") }
            var values: [Int: Value] = [tenancy.user: .text(id)]
            if let firstTenant { values[tenancy.tenant] = .text(firstTenant) }
            _ = try insert(member, into: tenancy.members, adding: values, writer, transaction)
        }
    }

    private func insert(
        _ assignments: [Assignment], into collection: Collection, adding given: [Int: Value] = [:], _ writer: RecordWriter,
        _ transaction: any Transaction
    ) throws -> String {
        var values = given
        for assignment in assignments {
            guard let field = collection.field(assignment.field.value) else {
                throw Problem(description: "'\(collection.name)' has no field '\(assignment.field.value)'")
            }
            values[field.index] = try value(assignment, of: field, in: collection, transaction)
        }
        // A tenant's row belongs to the only tenant unless it says another.
        if let index = collection.shape.tenant, values[index] == nil, let firstTenant { values[index] = .text(firstTenant) }
        return try writer.create(collection, Draft(), adding: values, asksRule: false, isGiven: true).id
    }

    private func value(
        _ assignment: Assignment, of field: Field, in collection: Collection, _ transaction: any Transaction
    ) throws -> Value {
        switch assignment.source {
        case .literal(let literal):
            do throws(FieldFaults) {
                return try field.value(from: filled(literal.json), path: field.name)
            } catch {
                throw RecordError.invalid(error.faults)
            }
        case .expression(let source):
            let types = rows.mapValues { ValueType.reference(to: $0.collection) }
            do throws(ExpressionFault) {
                let scope = Scope(names: types)
                let expression = try ExpressionCompiler(model: schema.model).compile(source.value, in: scope, as: .value(field.model.type))
                let names = rows.mapValues { Value.text($0.id) }
                return (try? expression.evaluate(in: Environment(now: now, names: names), rows: transaction)) ?? .null
            } catch {
                throw Problem(description: "\(collection.name).\(field.name): \(error.message)")
            }
        }
    }

    // MARK: Names in texts

    /// `{name}` as the id of that row.
    func filled(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "{")) else { return text }
        var result = ""
        var rest = text[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            let name = String(rest[rest.index(after: open)..<close])
            result += rest[..<open]
            result += rows[name].map(\.id) ?? String(rest[open...close])
            rest = rest[rest.index(after: close)...]
        }
        return result + rest
    }

    func filled(_ json: JSONValue) -> JSONValue {
        switch json {
        case .string(let text): .string(filled(text))
        case .array(let items): .array(items.map { filled($0) })
        case .object(let members): .object(members.map { JSONMember(name: $0.name, value: filled($0.value)) })
        default: json
        }
    }
}

extension Literal {
    fileprivate var json: JSONValue {
        switch self {
        case .bool(let truth): .bool(truth)
        case .int(let number): .integer(number)
        case .float(let number): .number("\(number)")
        case .string(let text): .string(text)
        case .list(let items): .array(items.map(\.json))
        }
    }
}
