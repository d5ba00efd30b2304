import Expressions
import Ports
import Schema

/// A walk by the integer key of a table, on the writer's connection.
struct SQLiteWalk: CollectionWalk {
    private let connection: Connection

    init(_ connection: Connection) {
        self.connection = connection
    }

    func ids(in collection: Collection, after place: Int64, limit: Int) throws -> (ids: [String], last: Int64) {
        let statement = try connection.statement(
            "SELECT \"n\", \"id\" FROM \(SQLText.quoted(collection.model.table)) WHERE \"n\" > ? ORDER BY \"n\" LIMIT ?", place,
            Int64(limit))
        defer { statement.reset() }
        var ids: [String] = []
        var last = place
        while try statement.step() {
            last = statement.integer(0)
            ids.append(statement.text(1))
        }
        return (ids, last)
    }
}
