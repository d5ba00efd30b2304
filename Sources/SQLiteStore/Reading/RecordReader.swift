/// Reads records on one connection, with its prepared statements.
final class RecordReader {
    let connection: Connection
    init(connection: Connection) { self.connection = connection }
}
