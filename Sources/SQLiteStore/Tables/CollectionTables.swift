import Expressions
import Schema

/// The tables and indexes of a collection, as SQL.
///
/// `n` is the row's integer key; it survives VACUUM. Columns take NULL: what is required is the business of those who write, and so a
/// column can be added to a table of any size at once.
enum CollectionTables {
    static func create(_ collection: Collection) -> [String] {
        let system =
            #""n" INTEGER PRIMARY KEY, "id" TEXT NOT NULL UNIQUE, "version" INTEGER NOT NULL, "#
            + #""created_at" INTEGER NOT NULL, "updated_at" INTEGER NOT NULL, "deleted_at" INTEGER"#
        let declared = collection.fields.dropFirst(Row.System.count).flatMap(definitions)
        let table = "CREATE TABLE \(SQLText.quoted(collection.model.table)) (\(([system] + declared).joined(separator: ", "))) STRICT"
        return [table] + collection.fields.flatMap(createMembers)
    }

    /// Adds its columns or its table of members.
    static func add(_ field: Field, to collection: Collection) -> [String] {
        definitions(field).map { "ALTER TABLE \(SQLText.quoted(collection.model.table)) ADD COLUMN \($0)" } + createMembers(field)
    }

    private static func definitions(_ field: Field) -> [String] {
        let type = field.storageType == "pair" ? "TEXT" : field.storageType
        return field.columns.map { "\(SQLText.quoted($0)) \(type)" }
    }

    /// `payload` is the JSON object of what is kept with a member.
    private static func createMembers(_ field: Field) -> [String] {
        guard let table = field.membersTable else { return [] }
        let name = SQLText.quoted(table)
        return [
            #"CREATE TABLE \#(name) ("record" TEXT NOT NULL, "position" INTEGER NOT NULL, "target" TEXT NOT NULL, "payload" TEXT, "#
                + #"PRIMARY KEY ("record", "position")) STRICT, WITHOUT ROWID"#,
            #"CREATE INDEX \#(SQLText.quoted(table + "_target")) ON \#(name) ("target", "record")"#,
        ]
    }

    // MARK: Indexes

    /// Name and statement of every index that the collection's table must have. The same name always means the same statement.
    static func indexes(_ collection: Collection) -> [String: String] {
        let table = SQLText.quoted(collection.model.table)
        // Rules and unique keys are about live rows; in the index of those nothing else need be looked at.
        let live = collection.isSoftDeleted ? #" WHERE "deleted_at" IS NULL"# : ""
        var indexes: [String: String] = [:]
        for key in collection.uniqueKeys {
            let (columns, partial) = parts(of: key, in: collection)
            guard !columns.isEmpty else { continue }
            indexes[key.name] = "CREATE UNIQUE INDEX \(SQLText.quoted(key.name)) ON \(table) (\(columns.joined(separator: ", ")))\(partial)"
        }
        for index in collection.indexes {
            guard let columns = columns(of: index.parts, in: collection) else { continue }
            indexes[index.name] = "CREATE INDEX \(SQLText.quoted(index.name)) ON \(table) (\(columns))\(live)"
        }
        // Children of a record are mostly asked for in the order of their lists, which is then the order of the index. Not partial: who
        // removes a row must find deleted ones that refer to it, too.
        let order =
            collection.behaviour.order.isEmpty
            ? [Index.Part(field: Row.System.createdAt, descending: true)] : collection.behaviour.order
        for field in collection.fields where !field.targets.isEmpty && field.membersTable == nil {
            // Of a reference to several collections the id alone finds its children: ids are unique among all records.
            guard let column = field.columns.last, let columns = columns(of: [Index.Part(field: field.index)] + order, in: collection)
            else { continue }
            let name = "\(collection.model.table)__\(column)"
            indexes[name] = "CREATE INDEX \(SQLText.quoted(name)) ON \(table) (\(columns))"
        }
        return indexes
    }

    /// Its columns, and the WHERE of its index.
    private static func parts(of key: UniqueKey, in collection: Collection) -> (columns: [String], partial: String) {
        // In a tenant's collection keys hold within each tenant (11-precisions 16).
        let fields = [collection.shape.tenant].compactMap { $0 } + key.fields.filter { $0 != collection.shape.tenant }
        let columns = fields.flatMap { collection.fields[$0].columns.map(SQLText.quoted) }
        var limits = collection.isSoftDeleted ? [#""deleted_at" IS NULL"#] : []
        if let condition = key.condition { limits.append("(\(condition.sql(.sqlite, alias: collection.model.table).inlined))") }
        return (columns, limits.isEmpty ? "" : " WHERE \(limits.joined(separator: " AND "))")
    }

    /// Asks for values that rows share, as one text each; nulls bind nobody.
    static func duplicates(of key: UniqueKey, in collection: Collection, limit: Int) -> String {
        let (columns, partial) = parts(of: key, in: collection)
        let present = columns.map { "\($0) IS NOT NULL" }.joined(separator: " AND ")
        return "SELECT \(columns.joined(separator: " || ' / ' || ")) FROM \(SQLText.quoted(collection.model.table))"
            + "\(partial.isEmpty ? " WHERE" : "\(partial) AND") \(present)"
            + " GROUP BY \(columns.joined(separator: ", ")) HAVING count(*) > 1 ORDER BY 1 LIMIT \(limit)"
    }

    /// The columns with their directions, ending with the id: ties follow the direction of the last part (`Selection.order`).
    private static func columns(of declared: [Index.Part], in collection: Collection) -> String? {
        // Every index of a tenant's collection begins with the tenant (03-expressions 15).
        let parts = [collection.shape.tenant].compactMap { $0.map { Index.Part(field: $0) } } + declared
        var names: [String] = []
        var seen: Set<Int> = []
        for part in parts where seen.insert(part.field).inserted {
            guard let column = collection.fields[part.field].columns.last else { return nil }
            names.append("\(SQLText.quoted(column))\(part.descending ? " DESC" : "")")
        }
        guard let last = parts.last else { return nil }
        if !seen.contains(Row.System.id) { names.append("\"id\"\(last.descending ? " DESC" : "")") }
        return names.joined(separator: ", ")
    }
}
