import CSQLite
import Expressions
import Ports
import Schema

/// A projection compiled for one statement: which columns it selects, and how their bytes become JSON.
final class RecordEncoder {
    /// How a column is written. NULL is `null` in each of them.
    private enum Form {
        case text, integer, double, bool, moment, date, duration
        /// JSON already.
        case verbatim
        /// An id in `media`.
        case media
        /// Left out when NULL.
        case deletion
    }

    /// Trivial, so that walking over the members counts no references.
    private struct Member {
        var keyStart: Int
        var keyLength: Int
        var column: Int32
        var form: Form
        /// The column that says whether the caller may see it; -1: always.
        var condition: Int32
    }

    private struct Expansion {
        var key: [UInt8]
        var column: Int32
        var condition: Int32
        /// Lists the members of a to-many field.
        var members: Statement?
        /// What the caller may read of the target; nil: nothing.
        var record: RecordPlan?
        var card: RecordPlan?
    }

    private let keys: UnsafeMutableBufferPointer<UInt8>
    private let members: UnsafeMutableBufferPointer<Member>
    private let expansions: [Expansion]
    private let media: RecordPlan?

    /// `, column, column…` for the SELECT, which has `version` as column 0.
    let columns: SQLText

    /// `plans` gives the statements for targets of references.
    init(_ projection: Projection, of collection: Collection, reader: RecordReader) throws {
        var columns = SQLText()
        var count: Int32 = 1
        var keys: [UInt8] = []
        var members: [Member] = []
        var conditions: [Int: Int32] = [:]
        var hasMedia = false

        func select(_ text: String) -> Int32 {
            columns.append(", \(text)")
            count += 1
            return count - 1
        }

        for part in projection.parts where !part.field.isPrivate {
            let key = Array("\"\(part.field.name)\":".utf8)
            var condition: Int32 = -1
            if let hidden = part.condition {
                columns.append(", (")
                columns.append(hidden.expression.sql(.sqlite, alias: Selection.alias))
                columns.append(")")
                condition = count
                count += 1
                conditions[part.field.index] = condition
            }
            let form = RecordEncoder.form(of: part.field)
            if form == .media { hasMedia = true }
            let column = select(RecordEncoder.source(of: part.field))
            members.append(
                Member(keyStart: keys.count, keyLength: key.count, column: column, form: form, condition: condition))
            keys += key
        }
        expansions = try projection.expansions.map { expansion in
            Expansion(
                key: Array("\"\(expansion.field.name)\":".utf8),
                column: select(Selection.column(expansion.field.column ?? "id")),
                condition: conditions[expansion.field.index] ?? -1,
                members: try RecordEncoder.memberStatement(of: expansion.field, on: reader.connection),
                record: try expansion.conditions.map {
                    try reader.plan(to: expansion.target, conditions: $0, projection: expansion.projection)
                },
                card: try expansion.card.map { try reader.plan(to: expansion.target, conditions: [], projection: $0) })
        }
        if hasMedia, let projection = projection.media, let target = reader.collections["media"] {
            media = try reader.plan(to: target, conditions: [], projection: projection)
        } else {
            media = nil
        }
        self.columns = columns
        self.keys = .allocate(capacity: keys.count)
        _ = self.keys.initialize(from: keys)
        self.members = .allocate(capacity: members.count)
        _ = self.members.initialize(from: members)
    }

    deinit {
        keys.deallocate()
        members.deallocate()
    }

    private static func form(of field: Field) -> Form {
        if field.index == Row.System.deletedAt { return .deletion }
        return switch field.kind {
        case .id, .string, .text, .email, .url, .slug, .enumeration, .state, .reference: .text
        case .int: .integer
        case .float: .double
        case .bool: .bool
        case .date: .date
        case .datetime: .moment
        case .duration: .duration
        case .json, .references: .verbatim
        case .media: .media
        }
    }

    /// The column, or for a to-many field its members as a JSON array.
    private static func source(of field: Field) -> String {
        switch field.model.storage {
        case .column, .pair, .member, .list: Selection.value(of: field.model.storage)
        case .members(let table):
            "(SELECT json_group_array(\"target\") FROM (SELECT \"target\" FROM \(SQLText.quoted(table))"
                + " WHERE \"record\" = \(Selection.column("id")) ORDER BY \"position\"))"
        }
    }

    private static func memberStatement(of field: Field, on connection: Connection) throws -> Statement? {
        guard case .members(let table) = field.model.storage else { return nil }
        return try connection.prepare(
            "SELECT \"target\" FROM \(SQLText.quoted(table)) WHERE \"record\" = ? ORDER BY \"position\"", persistent: true)
    }

    // MARK: Writing

    /// Appends the current row of the statement as a JSON object. While it stands on its row, all sub-reads see the row's snapshot.
    func encode(_ row: OpaquePointer, _ environment: Environment, into out: JSONBytes) throws {
        out.append(UInt8(ascii: "{"))
        var isFirst = true
        for index in members.indices {
            let member = members[index]
            if member.condition >= 0, sqlite3_column_int(row, member.condition) == 0 { continue }
            let type = sqlite3_column_type(row, member.column)
            if type == SQLITE_NULL, member.form == .deletion { continue }
            if !isFirst { out.append(UInt8(ascii: ",")) }
            isFirst = false
            if let key = keys.baseAddress { out.append(key + member.keyStart, member.keyLength) }
            if type == SQLITE_NULL {
                out.append("null")
            } else {
                try encode(row, member, environment, into: out)
            }
        }
        if !expansions.isEmpty {
            out.append(isFirst ? "\"expanded\":{" : ",\"expanded\":{")
            try encodeExpansions(row, environment, into: out)
            out.append(UInt8(ascii: "}"))
        }
        out.append(UInt8(ascii: "}"))
    }

    private func encode(_ row: OpaquePointer, _ member: Member, _ environment: Environment, into out: JSONBytes) throws {
        let column = member.column
        switch member.form {
        case .text: out.append(string: RecordEncoder.text(row, column))
        case .integer: out.append(integer: sqlite3_column_int64(row, column))
        case .double: out.append(double: sqlite3_column_double(row, column))
        case .bool: out.append(sqlite3_column_int(row, column) != 0 ? "true" : "false")
        case .moment, .deletion: out.append(moment: sqlite3_column_int64(row, column))
        case .date: out.append(date: sqlite3_column_int64(row, column))
        case .duration: out.append(duration: sqlite3_column_int64(row, column))
        case .verbatim:
            let text = RecordEncoder.text(row, column)
            if let start = text.baseAddress, text.count > 0 { out.append(start, text.count) } else { out.append("null") }
        case .media:
            if try media?.encode(id: RecordEncoder.text(row, column), environment, into: out) != true { out.append("null") }
        }
    }

    private func encodeExpansions(_ row: OpaquePointer, _ environment: Environment, into out: JSONBytes) throws {
        var isFirst = true
        for expansion in expansions {
            if expansion.condition >= 0, sqlite3_column_int(row, expansion.condition) == 0 { continue }
            if !isFirst { out.append(UInt8(ascii: ",")) }
            isFirst = false
            expansion.key.withUnsafeBufferPointer { if let key = $0.baseAddress { out.append(key, $0.count) } }
            let id = RecordEncoder.text(row, expansion.column)
            guard let members = expansion.members else {
                try encode(id: id, by: expansion, environment, into: out)
                continue
            }
            // For a to-many field the column is the record's own id.
            members.bind(utf8: id, at: 1)
            defer { members.reset() }
            out.append(UInt8(ascii: "["))
            var isFirstMember = true
            while try members.step() {
                if !isFirstMember { out.append(UInt8(ascii: ",")) }
                isFirstMember = false
                try encode(id: members.utf8(0), by: expansion, environment, into: out)
            }
            out.append(UInt8(ascii: "]"))
        }
    }

    /// The target as the caller may see it: the record, else its card, else null.
    private func encode(
        id: UnsafeBufferPointer<UInt8>, by expansion: Expansion, _ environment: Environment, into out: JSONBytes
    ) throws {
        guard id.count > 0 else { return out.append("null") }
        if try expansion.record?.encode(id: id, environment, into: out) == true { return }
        if try expansion.card?.encode(id: id, environment, into: out) == true { return }
        out.append("null")
    }

    private static func text(_ row: OpaquePointer, _ column: Int32) -> UnsafeBufferPointer<UInt8> {
        guard let base = sqlite3_column_text(row, column) else { return UnsafeBufferPointer(start: nil, count: 0) }
        return UnsafeBufferPointer(start: base, count: Int(sqlite3_column_bytes(row, column)))
    }
}
