import Expressions
package import Ports
import Schema

/// Migrations of the file.
extension SQLiteStore: SchemaStore {
    /// Copies of the file that are kept from before migrations.
    private static let keptCopies = 3

    package func storedSnapshot() async throws -> String? {
        try await writer.perform { try SystemTables.meta("schema", $0.connection) }
    }

    package func rows(of tables: Set<String>) async throws -> [String: Int] {
        try await writer.perform { context in
            var rows: [String: Int] = [:]
            for table in tables {
                let count = try context.connection.prepare("SELECT count(*) FROM \(SQLText.quoted(table))")
                if try count.step() { rows[table] = Int(count.integer(0)) }
            }
            return rows
        }
    }

    package func migrate(_ migration: Migration) async throws {
        let directory = directory
        try await writer.performAlone { context in
            let connection = context.connection
            if !migration.steps.isEmpty, try SystemTables.meta("schema", connection) != nil {
                try SQLiteStore.keepCopy(of: connection, in: directory + "/snapshots", at: migration.at)
            }
            try connection.execute("BEGIN IMMEDIATE")
            for step in migration.steps { try SQLiteStore.take(step, on: connection) }
            for case .addField(let field, let collection) in migration.steps where collection.shape.origin == field.index {
                try Origins.fill(field, of: collection, among: migration.collections, on: connection)
            }
            try SQLiteStore.alignIndexes(of: migration.collections, on: connection)
            try SearchTable.align(with: migration.collections, on: connection)
            context.rows.forgetSearch()
            try SystemTables.setMeta("schema", migration.snapshot, connection)
            try connection.run(
                #"INSERT INTO "_atlas_migrations" ("at", "binary", "description") VALUES (?, ?, ?)"#, migration.at, migration.binary,
                migration.description)
            try connection.execute("COMMIT")
        }
    }

    private static func take(_ step: MigrationStep, on connection: Connection) throws {
        switch step {
        case .createCollection(let collection): try CollectionTables.create(collection).forEach(connection.execute)
        case .addField(let field, let collection): try CollectionTables.add(field, to: collection).forEach(connection.execute)
        case .renameTable(let old, let new):
            try connection.execute("ALTER TABLE \(SQLText.quoted(old)) RENAME TO \(SQLText.quoted(new))")
            try Mentions.renamed(collection: old, to: new, on: connection)
        case .renameColumn(let table, let old, let new):
            try connection.execute(
                "ALTER TABLE \(SQLText.quoted(table)) RENAME COLUMN \(SQLText.quoted(old)) TO \(SQLText.quoted(new))")
            try Mentions.renamed(field: old, of: table, to: new, on: connection)
        case .dropColumn(let table, let column):
            try dropIndexes(of: table, naming: column, on: connection)
            try connection.execute("ALTER TABLE \(SQLText.quoted(table)) DROP COLUMN \(SQLText.quoted(column))")
            try Mentions.dropped(field: column, of: table, on: connection)
        case .dropTable(let table):
            try connection.execute("DROP TABLE \(SQLText.quoted(table))")
            try Mentions.dropped(collection: table, on: connection)
        case .compute(let field, let collection, let expression):
            guard let column = field.column else { return }
            let value = expression.sql(.sqlite, alias: "t")
            let table = SQLText.quoted(collection.model.table)
            let compute = try connection.prepare("UPDATE \(table) AS \"t\" SET \(SQLText.quoted(column)) = \(value.text)")
            // A computed value asks neither caller nor clock.
            for (index, parameter) in value.parameters.enumerated() {
                compute.bind(Environment().value(of: parameter), at: index + 1)
            }
            try compute.run()
        case .fill(let table, let column, let value):
            let name = SQLText.quoted(column)
            let fill = try connection.prepare("UPDATE \(SQLText.quoted(table)) SET \(name) = ? WHERE \(name) IS NULL")
            fill.bind(value, at: 1)
            try fill.run()
        }
    }

    // MARK: Indexes

    private static func existingIndexes(of table: String, on connection: Connection) throws -> [String: String] {
        let statement = try connection.statement(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL", table)
        defer { statement.reset() }
        var indexes: [String: String] = [:]
        while try statement.step() { indexes[statement.text(0)] = statement.text(1) }
        return indexes
    }

    /// SQLite drops no column that an index uses; the index comes back with `alignIndexes` if it is still wanted.
    private static func dropIndexes(of table: String, naming column: String, on connection: Connection) throws {
        for (name, sql) in try existingIndexes(of: table, on: connection) where sql.contains(SQLText.quoted(column)) {
            try connection.execute("DROP INDEX \(SQLText.quoted(name))")
        }
    }

    private static func alignIndexes(of collections: [Collection], on connection: Connection) throws {
        for collection in collections {
            let wanted = CollectionTables.indexes(collection)
            let existing = try existingIndexes(of: collection.model.table, on: connection)
            for (name, sql) in existing where wanted[name] != sql {
                try connection.execute("DROP INDEX \(SQLText.quoted(name))")
            }
            for (name, sql) in wanted.sorted(by: { $0.key < $1.key }) where existing[name] != sql {
                if let failure = failure(of: sql, on: connection) {
                    guard failure.isUniqueViolation, let shared = try duplicates(of: name, in: collection, on: connection) else {
                        throw failure
                    }
                    throw shared
                }
            }
        }
    }

    private static func failure(of sql: String, on connection: Connection) -> SQLiteError? {
        do {
            try connection.execute(sql)
            return nil
        } catch {
            return error
        }
    }

    /// What keeps a key from becoming unique.
    private static func duplicates(of name: String, in collection: Collection, on connection: Connection) throws -> SharedValues? {
        guard let key = collection.uniqueKeys.first(where: { $0.name == name }) else { return nil }
        let statement = try connection.prepare(CollectionTables.duplicates(of: key, in: collection, limit: 10))
        var values: [String] = []
        while try statement.step() { values.append(statement.text(0)) }
        return SharedValues(collection: collection.name, fields: key.fields.map { collection.fields[$0].name }, values: values)
    }

    // MARK: Copies

    private static func keepCopy(of connection: Connection, in directory: String, at moment: Int64) throws {
        try DataDirectory.create(directory)
        let path = "\(directory)/\(moment).db"
        DataDirectory.remove(path)
        try DataDirectory.createFile(path)
        let copy = try connection.prepare("VACUUM INTO ?")
        copy.bind(path, at: 1)
        try copy.run()
        DataDirectory.syncDirectory(directory)
        let copies = DataDirectory.names(in: directory).filter { $0.hasSuffix(".db") }
        for old in copies.dropLast(keptCopies) { DataDirectory.remove("\(directory)/\(old)") }
    }
}
