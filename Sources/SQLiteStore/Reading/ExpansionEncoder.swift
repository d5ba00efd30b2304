import CSQLite
import Expressions
import Ports
import Schema

/// Records that are written with another one, compiled for one statement: the targets of a reference, or children.
final class ExpansionEncoder {
    private struct Target {
        /// What the caller may read of it; nil: nothing.
        var record: RecordPlan?
        var card: RecordPlan?
    }

    let isInline: Bool
    private let key: [UInt8]
    private let column: Int32
    /// The column that says whether the caller may see it; -1: always.
    private let condition: Int32
    /// Lists the members of a to-many field, or the ids of children.
    private let members: Statement?
    /// By collection; a single one bears the empty name.
    private let targets: [String: Target]
    /// Lists children, complete and in order; nil when the caller may read none.
    private let children: RecordPlan?
    private let isOfChildren: Bool

    /// Children that an answer holds at most.
    private static let childLimit = 1_000

    init(_ expansion: Projection.Expansion, column: Int32, condition: Int32, reader: RecordReader) throws {
        isInline = expansion.isInline
        key = Array("\"\(expansion.name)\":".utf8)
        self.column = column
        self.condition = condition
        switch expansion.source {
        case .reference(let field):
            isOfChildren = false
            children = nil
            members = try field.membersTable.map { try ExpansionEncoder.memberStatement(of: $0, on: reader.connection) }
            var targets: [String: Target] = [:]
            for target in expansion.targets {
                let plans = Target(
                    record: try target.conditions.map {
                        try reader.plan(to: target.collection, conditions: $0, projection: target.projection)
                    },
                    card: try target.card.map { try reader.plan(to: target.collection, conditions: [], projection: $0) })
                targets[expansion.targets.count == 1 ? "" : target.collection.name] = plans
            }
            self.targets = targets
        case .children(let field, let order):
            isOfChildren = true
            members = nil
            targets = [:]
            children = try expansion.targets.first.flatMap { target in
                try target.conditions.map { conditions in
                    try reader.childPlan(
                        Access(target.collection, conditions: conditions, environment: Environment()), by: field, order: order,
                        limit: Self.childLimit, projection: target.projection)
                }
            }
        }
    }

    /// The column by which it is found: the reference, or the record's own id.
    static func source(of expansion: Projection.Expansion) -> String {
        guard case .reference(let field) = expansion.source, field.membersTable == nil else { return Selection.column("id") }
        return Selection.value(of: field.model.storage)
    }

    static func memberStatement(of table: String, on connection: Connection) throws -> Statement {
        try connection.prepare(
            "SELECT \"target\" FROM \(SQLText.quoted(table)) WHERE \"record\" = ? ORDER BY \"position\"", persistent: true)
    }

    func isVisible(in row: OpaquePointer) -> Bool { condition < 0 || sqlite3_column_int(row, condition) != 0 }

    /// Appends `"name":…`.
    func encode(_ row: OpaquePointer, _ environment: Environment, into out: JSONBytes) throws {
        key.withUnsafeBufferPointer { if let key = $0.baseAddress { out.append(key, $0.count) } }
        let id = RecordEncoder.text(row, column)
        if isOfChildren { return try encodeChildren(of: id, environment, into: out) }
        guard let members else { return try encodeTarget(id, environment, into: out) }
        members.bind(utf8: id, at: 1)
        defer { members.reset() }
        out.append(UInt8(ascii: "["))
        var isFirst = true
        while try members.step() {
            if !isFirst { out.append(UInt8(ascii: ",")) }
            isFirst = false
            try encodeTarget(members.utf8(0), environment, into: out)
        }
        out.append(UInt8(ascii: "]"))
    }

    private func encodeChildren(of id: UnsafeBufferPointer<UInt8>, _ environment: Environment, into out: JSONBytes) throws {
        out.append(UInt8(ascii: "["))
        if let children {
            children.bind(environment, id: id)
            defer { children.statement.reset() }
            var isFirst = true
            while let encoder = children.encoder, try children.statement.step() {
                if !isFirst { out.append(UInt8(ascii: ",")) }
                isFirst = false
                try encoder.encode(children.statement.handle, environment, into: out)
            }
        }
        out.append(UInt8(ascii: "]"))
    }

    /// The target as the caller may see it: the record, else its card, else null.
    private func encodeTarget(_ reference: UnsafeBufferPointer<UInt8>, _ environment: Environment, into out: JSONBytes) throws {
        var id = reference
        var collection = ""
        if targets.count > 1 {
            guard let colon = reference.firstIndex(of: UInt8(ascii: ":")) else { return out.append("null") }
            collection = String(decoding: reference[..<colon], as: UTF8.self)
            id = UnsafeBufferPointer(rebasing: reference[(colon + 1)...])
        }
        guard id.count > 0, let target = targets[collection] else { return out.append("null") }
        if try target.record?.encode(id: id, environment, into: out) == true { return }
        if try target.card?.encode(id: id, environment, into: out) == true { return }
        out.append("null")
    }
}
