import CSQLite
import Expressions
import Ports
import Schema

/// A projection compiled for one statement: which columns it selects, and how their bytes become JSON.
final class RecordEncoder {
    /// How a column is written. NULL is `null` in each of them.
    private enum Form {
        case text, integer, double, decimal, bool, moment, date, duration
        /// JSON already.
        case verbatim
        /// An id in `media`.
        case media
        /// The record's own id, by which the statement lists ids in `media`.
        case medias
        /// Left out when NULL.
        case deletion
    }

    /// Trivial, so that walking over the members counts no references.
    private struct Member {
        var keyStart: Int
        var keyLength: Int
        var column: Int32
        var form: Form
        /// Digits after the point of a decimal, the place in `mediaLists` of a list of media.
        var detail: Int32
        /// The column that says whether the caller may see it; -1: always.
        var condition: Int32
    }

    private let keys: UnsafeMutableBufferPointer<UInt8>
    private let members: UnsafeMutableBufferPointer<Member>
    /// Those in the record itself, then those under `expanded`.
    private let inline: [ExpansionEncoder]
    private let expansions: [ExpansionEncoder]
    private let media: RecordPlan?
    /// The statements that list the members of fields of kind `medias`.
    private let mediaLists: [Statement]

    /// `, column, column…` for the SELECT, which has `version` as column 0.
    let columns: SQLText
    /// How many columns there are, the version included.
    let width: Int32

    /// `plans` gives the statements for targets of references.
    init(_ projection: Projection, of collection: Collection, reader: RecordReader) throws {
        var columns = SQLText()
        var count: Int32 = 1
        var keys: [UInt8] = []
        var members: [Member] = []
        var conditions: [Int: Int32] = [:]
        var hasMedia = false
        var mediaLists: [Statement] = []

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
            var detail: Int32 = 0
            if case .decimal(_, let scale) = part.field.kind { detail = Int32(scale) }
            if form == .medias, let table = part.field.membersTable {
                detail = Int32(mediaLists.count)
                mediaLists.append(try ExpansionEncoder.memberStatement(of: table, on: reader.connection))
            }
            if form == .media || form == .medias { hasMedia = true }
            let isSEO = part.field.index == collection.shape.seo
            let column = select(
                isSEO
                    ? PageText.seo(part.field, of: collection, among: reader.collections) : RecordEncoder.source(of: part.field))
            members.append(
                Member(
                    keyStart: keys.count, keyLength: key.count, column: column, form: form, detail: detail, condition: condition))
            keys += key
        }
        let encoders = try projection.expansions.map { expansion in
            var hidden: Int32 = -1
            if case .reference(let field) = expansion.source { hidden = conditions[field.index] ?? -1 }
            return try ExpansionEncoder(
                expansion, of: collection, column: select(ExpansionEncoder.source(of: expansion)), condition: hidden, reader: reader)
        }
        inline = encoders.filter(\.isInline)
        expansions = encoders.filter { !$0.isInline }
        self.mediaLists = mediaLists
        if hasMedia, let projection = projection.media, let target = reader.collections["media"] {
            // A record shows the files that it holds, wherever they arose.
            media = try reader.plan(to: target, conditions: [], projection: projection, spansTenants: true)
        } else {
            media = nil
        }
        self.columns = columns
        width = count
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
        case .id, .string, .text, .html, .email, .phone, .url, .slug, .enumeration, .state, .reference, .union, .sequence, .token: .text
        case .int, .counter: .integer
        case .float: .double
        case .decimal: .decimal
        case .bool: .bool
        case .date: .date
        case .datetime: .moment
        case .duration: .duration
        case .json, .object, .list, .geo, .flags, .references: .verbatim
        case .media: .media
        case .medias: .medias
        }
    }

    /// The column, or for a to-many field its members as a JSON array.
    private static func source(of field: Field) -> String {
        guard let table = field.membersTable else { return Selection.value(of: field.model.storage) }
        if case .medias = field.kind { return Selection.column("id") }
        // With a payload a member is an object of its id and what is kept with it (11-precisions 51).
        let member =
            field.parts.isEmpty
            ? #""target""#
            : #"json('{"id":"' || "target" || '"' || coalesce(',' || substr("payload", 2), '}'))"#
        return "(SELECT json_group_array(\(member))"
            + " FROM (SELECT * FROM \(SQLText.quoted(table)) WHERE \"record\" = \(Selection.column("id")) ORDER BY \"position\"))"
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
        for expansion in inline where expansion.isVisible(in: row) {
            if !isFirst { out.append(UInt8(ascii: ",")) }
            isFirst = false
            try expansion.encode(row, environment, into: out)
        }
        if !expansions.isEmpty {
            out.append(isFirst ? "\"expanded\":{" : ",\"expanded\":{")
            isFirst = true
            for expansion in expansions where expansion.isVisible(in: row) {
                if !isFirst { out.append(UInt8(ascii: ",")) }
                isFirst = false
                try expansion.encode(row, environment, into: out)
            }
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
        case .decimal: out.append(decimal: sqlite3_column_int64(row, column), scale: Int(member.detail))
        case .bool: out.append(sqlite3_column_int(row, column) != 0 ? "true" : "false")
        case .moment, .deletion: out.append(moment: sqlite3_column_int64(row, column))
        case .date: out.append(date: sqlite3_column_int64(row, column))
        case .duration: out.append(duration: sqlite3_column_int64(row, column))
        case .verbatim:
            let text = RecordEncoder.text(row, column)
            if let start = text.baseAddress, text.count > 0 { out.append(start, text.count) } else { out.append("null") }
        case .media:
            if try media?.encode(id: RecordEncoder.text(row, column), environment, into: out) != true { out.append("null") }
        case .medias:
            try encodeMedia(of: RecordEncoder.text(row, column), mediaLists[Int(member.detail)], environment, into: out)
        }
    }

    /// The media objects of a list.
    private func encodeMedia(
        of id: UnsafeBufferPointer<UInt8>, _ statement: Statement, _ environment: Environment, into out: JSONBytes
    ) throws {
        statement.bind(utf8: id, at: 1)
        defer { statement.reset() }
        out.append(UInt8(ascii: "["))
        var isFirst = true
        while try statement.step() {
            if !isFirst { out.append(UInt8(ascii: ",")) }
            isFirst = false
            if try media?.encode(id: statement.utf8(0), environment, into: out) != true { out.append("null") }
        }
        out.append(UInt8(ascii: "]"))
    }

    static func text(_ row: OpaquePointer, _ column: Int32) -> UnsafeBufferPointer<UInt8> {
        guard let base = sqlite3_column_text(row, column) else { return UnsafeBufferPointer(start: nil, count: 0) }
        return UnsafeBufferPointer(start: base, count: Int(sqlite3_column_bytes(row, column)))
    }
}
