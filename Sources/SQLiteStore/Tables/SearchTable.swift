import Expressions
import HTML
import Ports
import Schema
import Text

/// The index of words of a collection with searched fields: an FTS5 table (https://sqlite.org/fts5.html) that holds the folded words of live
/// rows under their numbers `n`, one column for each field. The table itself says which fields it holds.
enum SearchTable {
    /// Raised when the same text would be indexed otherwise: every table is then made anew.
    static let version = "2"

    static func name(_ collection: Collection) -> String { prefix + collection.model.table }

    static let prefix = "_atlas_search_"

    static func fields(_ collection: Collection) -> [Field] { collection.fields.filter { $0.search != nil } }

    /// Nil: nothing of the collection is searched.
    static func create(_ collection: Collection) -> String? {
        let columns = fields(collection).map { column($0.name) }
        guard !columns.isEmpty else { return nil }
        // Words are asked for one by one, never as phrases, so places within a column need not be kept.
        return "CREATE VIRTUAL TABLE \(SQLText.quoted(name(collection))) USING fts5(\(columns.joined(separator: ", ")), "
            + "tokenize = 'ascii', detail = 'column')"
    }

    /// FTS5 reserves some names of columns, so a field's has something before it.
    private static func column(_ field: String) -> String { SQLText.quoted("f_" + field) }

    // MARK: Asking

    /// The question in the language of FTS5; nil when it holds no word or asks no field.
    static func query(_ search: RecordList.Search, in collection: Collection) -> String? {
        guard !search.fields.isEmpty, let query = SearchText.ftsQuery(for: search.text) else { return nil }
        if search.fields.count == fields(collection).count { return query }
        return "{\(search.fields.map { column($0.name) }.joined(separator: " "))} : (\(query))"
    }

    /// What a list is ordered by so that the best comes first: 1 is the strongest weight of a field, 4 the weakest.
    static func relevance(_ collection: Collection) -> String {
        let weights = fields(collection).map { field in
            switch field.search {
            case 1: "8.0"
            case 2: "4.0"
            case 3: "2.0"
            default: "1.0"
            }
        }
        return "bm25(\(([SQLText.quoted(name(collection))] + weights).joined(separator: ", ")))"
    }

    // MARK: Filling

    /// The words of a value as the index holds them.
    static func words(of value: Value, in field: Field) -> String {
        guard case .text(let text) = value else { return "" }
        return SearchText.indexed(field.kind == .html ? HTMLText.plain(text) : text)
    }

    /// Brings the tables in line with the collections, filling new ones from existing rows. Inside a transaction.
    static func align(with collections: [Collection], on connection: Connection) throws {
        let isOutdated = try SystemTables.meta("search", connection) != version
        var existing: [String: String] = [:]
        let tables = try connection.prepare(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND substr(name, 1, \(prefix.utf8.count)) = '\(prefix)'"
                + " AND sql LIKE 'CREATE VIRTUAL TABLE%'")
        while try tables.step() { existing[tables.text(0)] = tables.text(1) }
        tables.reset()
        let wanted = Dictionary(
            collections.compactMap { collection in create(collection).map { (name(collection), (collection, $0)) } }
        ) { first, _ in first }
        for (name, sql) in existing where isOutdated || wanted[name]?.1 != sql {
            try connection.execute("DROP TABLE \(SQLText.quoted(name))")
        }
        for (name, (collection, sql)) in wanted where isOutdated || existing[name] != sql {
            try connection.execute(sql)
            try fill(from: collection, on: connection)
        }
        if isOutdated { try SystemTables.setMeta("search", version, connection) }
    }

    private static func fill(from collection: Collection, on connection: Connection) throws {
        let fields = fields(collection)
        let columns = fields.map { SQLText.quoted($0.column ?? "id") }
        let rows = try connection.prepare(
            "SELECT \"n\", \(columns.joined(separator: ", ")) FROM \(SQLText.quoted(collection.model.table)) WHERE \"deleted_at\" IS NULL")
        let insertion = try connection.prepare(insertion(into: name(collection), fields: fields.map(\.name)))
        while try rows.step() {
            insertion.bind(rows.integer(0), at: 1)
            for (index, field) in fields.enumerated() {
                let value: Value = rows.isNull(index + 1) ? .null : .text(rows.text(index + 1))
                insertion.bind(words(of: value, in: field), at: index + 2)
            }
            try insertion.run()
        }
    }

    private static func insertion(into table: String, fields: [String]) -> String {
        "INSERT INTO \(SQLText.quoted(table)) (rowid, \(fields.map(column).joined(separator: ", ")))"
            + " VALUES (?\(String(repeating: ", ?", count: fields.count)))"
    }

    /// What keeps the index of one collection true, row by row.
    struct Keeper {
        /// Names of the fields that the table holds.
        let fields: [String]
        private let table: String

        /// Nil when there is no such table.
        init?(_ collection: Collection, on connection: Connection) throws {
            table = SearchTable.name(collection)
            let columns = try connection.statement("SELECT name FROM pragma_table_info(?)", table)
            defer { columns.reset() }
            var fields: [String] = []
            while try columns.step() { fields.append(String(columns.text(0).dropFirst(2))) }
            guard !fields.isEmpty else { return nil }
            self.fields = fields
        }

        /// `row` is stored with its words, or was hidden.
        func keep(_ row: Row, of collection: Collection, isNew: Bool, on connection: Connection) throws {
            if !isNew { try remove(row, of: collection, on: connection) }
            guard row.values[Row.System.deletedAt].isNull else { return }
            let number = try connection.statement("SELECT \"n\" FROM \(SQLText.quoted(collection.model.table)) WHERE \"id\" = ?", row.id)
            defer { number.reset() }
            guard try number.step() else { return }
            let insertion = try connection.statement(SearchTable.insertion(into: table, fields: fields), number.integer(0))
            for (index, name) in fields.enumerated() {
                let words = collection.field(name).map { SearchTable.words(of: row.values[$0.index], in: $0) }
                insertion.bind(words ?? "", at: index + 2)
            }
            try insertion.run()
        }

        /// Before the row itself goes.
        func remove(_ row: Row, of collection: Collection, on connection: Connection) throws {
            try connection.run(
                "DELETE FROM \(SQLText.quoted(table)) WHERE rowid = (SELECT \"n\" FROM \(SQLText.quoted(collection.model.table))"
                    + " WHERE \"id\" = ?)", row.id)
        }
    }
}
