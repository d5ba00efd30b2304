import Expressions
import Ports
import Schema

/// Texts that are made of a record's fields, as SQL: the path of its page, its label, what search engines are told.
enum PageText {
    /// NULL where a part is missing.
    static func sql(_ page: Page, of collection: Collection, among collections: [String: Collection]) -> String {
        let parts = page.parts.map { part -> String in
            switch part {
            case .text(let text): return literal(text)
            case .field(let index): return Selection.value(of: collection.fields[index].model.storage)
            case .parent(let reference, let name):
                let field = collection.fields[reference]
                guard let target = field.target.flatMap({ collections[$0] }), let source = target.field(name)?.column,
                    let column = field.column
                else { return "NULL" }
                return "(SELECT \"p\".\(SQLText.quoted(source)) FROM \(SQLText.quoted(target.model.table)) AS \"p\""
                    + " WHERE \"p\".\"id\" = \(Selection.column(column)))"
            }
        }
        return "(\(parts.joined(separator: " || ")))"
    }

    /// The object `seo`: what is stored, else the label as its title and the page as its canonical address (11-precisions 59).
    static func seo(_ field: Field, of collection: Collection, among collections: [String: Collection]) -> String {
        let column = Selection.column(field.column ?? "seo")
        let members = field.parts.map { part in
            let stored = "json_extract(\(column), '$.\(part.name)')"
            let standard: String? =
                switch part.name {
                case "title": collection.shape.label.map { sql($0, of: collection, among: collections) }
                case "canonical":
                    collection.shape.page.map { "(\(literal($0.site)) || \(sql($0, of: collection, among: collections)))" }
                default: nil
                }
            return "\(literal(part.name)), \(standard.map { "coalesce(\(stored), \($0))" } ?? stored)"
        }
        return "json_object(\(members.joined(separator: ", ")))"
    }

    private static func literal(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
    }
}

/// Pages of a collection, for sitemaps.
extension RecordReader {
    func pages(_ question: PageQuestion) throws -> [PageEntry] {
        let access = question.access
        guard let page = access.collection.shape.page else { return [] }
        let path = PageText.sql(page, of: access.collection, among: collections)
        var sql = SQLText("SELECT \(Selection.column("n")), \(path), \(Selection.column("updated_at")), ")
        if let priority = question.priority {
            sql.append("(")
            sql.append(priority.sql(.sqlite, alias: Selection.alias))
            sql.append(")")
        } else {
            sql.append("NULL")
        }
        sql.append(Selection.rows(access))
        sql.append(" AND \(Selection.column("n")) > ")
        sql.append(.key)
        sql.append(" ORDER BY \(Selection.column("n")) LIMIT ")
        sql.append(.limit)
        connection.startClock()
        let statement = try connection.statement(sql.text)
        defer { statement.reset() }
        for (index, slot) in sql.slots.enumerated() {
            switch slot {
            case .environment(let parameter): statement.bind(access.environment.value(of: parameter), at: index + 1)
            case .tenant: statement.bind(access.environment.tenant?.id, at: index + 1)
            case .key: statement.bind(question.after, at: index + 1)
            case .limit: statement.bind(Int64(question.limit), at: index + 1)
            default: statement.bindNull(at: index + 1)
            }
        }
        var entries: [PageEntry] = []
        while try statement.step() {
            entries.append(
                PageEntry(
                    number: statement.integer(0), path: statement.optionalText(1), modified: statement.integer(2),
                    priority: statement.isNull(3) ? nil : statement.double(3)))
        }
        return entries
    }
}
