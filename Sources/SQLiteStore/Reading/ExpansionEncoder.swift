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
    /// Nests children that are a tree.
    private let tree: TreeRows?
    /// Finds the target of a reference to the record's own collection where it is hidden.
    private let hidden: Statement?

    /// Children that an answer holds at most.
    private static let childLimit = 1_000

    init(
        _ expansion: Projection.Expansion, of home: Collection, column: Int32, condition: Int32, reader: RecordReader
    ) throws {
        isInline = expansion.isInline
        key = Array("\"\(expansion.name)\":".utf8)
        self.column = column
        self.condition = condition
        switch expansion.source {
        case .reference(let field):
            isOfChildren = false
            children = nil
            tree = nil
            hidden =
                field.target == home.name && home.isSoftDeleted
                ? try reader.connection.statement(
                    "SELECT 1 FROM \(SQLText.quoted(home.model.table)) WHERE \"id\" = ? AND \"deleted_at\" IS NOT NULL")
                : nil
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
            hidden = nil
            let nesting = expansion.targets.first.flatMap { target in
                target.collection.shape.tree.map { target.collection.fields[$0] }.flatMap { $0.index == field.index ? nil : $0 }
            }
            tree = try nesting.flatMap { nesting in
                try expansion.targets.first.map { try TreeRows($0.collection, tree: nesting, on: reader.connection) }
            }
            children = try expansion.targets.first.flatMap { target in
                try target.conditions.map { conditions in
                    try reader.childPlan(
                        Access(target.collection, conditions: conditions, environment: Environment()), by: field, order: order,
                        limit: Self.childLimit, projection: target.projection, tree: nesting)
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
            if let tree, let encoder = children.encoder {
                let roots = try tree.read(children.statement, encoder, environment)
                tree.write(roots[...], into: out)
                return out.append(UInt8(ascii: "]"))
            }
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
        guard let hidden else { return out.append("null") }
        hidden.bind(utf8: id, at: 1)
        defer { hidden.reset() }
        guard try hidden.step() else { return out.append("null") }
        out.append("{\"id\":")
        out.append(string: id)
        out.append(",\"deleted\":true}")
    }
}
