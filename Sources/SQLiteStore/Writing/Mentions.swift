import Expressions
import Schema

/// Which records hold a reference inside a value of theirs (`documents[0].file`): kept with every write, because nobody could find them
/// in the JSON without reading all of it.
struct Mentions {
    static let table = #""_atlas_mentions""#

    let connection: Connection

    /// Makes the mentions of one field what its value says.
    func write(_ row: Row, _ field: Field, in collection: Collection) throws {
        try clear(row, "AND \"field\" = ?", field.name, in: collection)
        let targets = Set(field.partReferences(in: row.values[field.index]).map(\.id))
        guard !targets.isEmpty else { return }
        let insert = try connection.statement(
            "INSERT INTO \(Self.table) (\"target\", \"collection\", \"field\", \"record\") VALUES (?, ?, ?, ?)")
        for target in targets {
            insert.bind(target, at: 1)
            insert.bind(collection.name, at: 2)
            insert.bind(field.name, at: 3)
            insert.bind(row.id, at: 4)
            try insert.run()
        }
    }

    func remove(_ row: Row, from collection: Collection) throws { try clear(row, "", nil, in: collection) }

    private func clear(_ row: Row, _ restriction: String, _ field: String?, in collection: Collection) throws {
        let delete = try connection.statement(
            "DELETE FROM \(Self.table) WHERE \"record\" = ? AND \"collection\" = ? \(restriction)", row.id, collection.name)
        if let field { delete.bind(field, at: 3) }
        try delete.run()
    }

    /// The ids of records whose field holds a reference to the bound id, as a subquery with one parameter. Ids are unique among all
    /// records, so that the collection need not be named.
    static func records(_ field: Field) -> String { "SELECT \"record\" FROM \(table) WHERE \"field\" = '\(field.name)' AND \"target\" " }

    // MARK: Changes of the schema

    static func renamed(collection: String, to name: String, on connection: Connection) throws {
        try run("UPDATE \(table) SET \"collection\" = ? WHERE \"collection\" = ?", [name, collection], on: connection)
    }

    static func renamed(field: String, of collection: String, to name: String, on connection: Connection) throws {
        try run("UPDATE \(table) SET \"field\" = ? WHERE \"collection\" = ? AND \"field\" = ?", [name, collection, field], on: connection)
    }

    static func dropped(field: String, of collection: String, on connection: Connection) throws {
        try run("DELETE FROM \(table) WHERE \"collection\" = ? AND \"field\" = ?", [collection, field], on: connection)
    }

    static func dropped(collection: String, on connection: Connection) throws {
        try run("DELETE FROM \(table) WHERE \"collection\" = ?", [collection], on: connection)
    }

    private static func run(_ sql: String, _ values: [String], on connection: Connection) throws {
        let statement = try connection.statement(sql)
        for (index, value) in values.enumerated() { statement.bind(value, at: index + 1) }
        try statement.run()
    }
}
