import CSQLite
package import Ports

/// A call to SQLite that failed (https://sqlite.org/rescode.html).
package struct SQLiteError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The extended result code; its low byte is the primary one.
    package var extendedCode: Int32
    package var message: String

    package var code: Int32 { extendedCode & 0xFF }

    package var description: String { "SQLite error \(extendedCode): \(message)" }

    package init(extendedCode: Int32, message: String) {
        self.extendedCode = extendedCode
        self.message = message
    }

    /// What the last failed call on this connection left behind.
    init(_ connection: OpaquePointer?) {
        self.init(
            extendedCode: connection.map { sqlite3_extended_errcode($0) } ?? SQLITE_NOMEM,
            message: String(cString: sqlite3_errmsg(connection)))
    }

    package var isUniqueViolation: Bool {
        extendedCode == SQLITE_CONSTRAINT | 8 << 8 || extendedCode == SQLITE_CONSTRAINT | 6 << 8
    }

    /// Whether a number left its range: the word of SQLite's own functions and of `ExpressionFunctions`.
    var isOverflow: Bool { message == "integer overflow" }

    /// Whether nothing that was written after such an error could be believed: the kernel may have dropped dirty pages after a failed
    /// fsync and call them clean (https://wiki.postgresql.org/wiki/Fsync_Errors), or the file is damaged.
    var isFatal: Bool {
        switch code {
        case SQLITE_CORRUPT, SQLITE_NOTADB: true
        default: extendedCode == SQLITE_IOERR | 4 << 8 || extendedCode == SQLITE_IOERR | 5 << 8
        }
    }

    /// The same for those who know no SQLite.
    package var storeError: StoreError {
        if isUniqueViolation { return .conflict(fields: violatedColumns) }
        if isOverflow { return .outOfRange }
        switch code {
        case SQLITE_INTERRUPT: return .tooSlow
        case SQLITE_FULL: return .unavailable("the disk is full")
        case SQLITE_READONLY: return .unavailable("the database cannot be written: \(message)")
        default: return .unavailable(description)
        }
    }

    /// The columns named by "UNIQUE constraint failed: posts.author, posts.slug".
    var violatedColumns: [String] {
        guard let colon = message.firstIndex(of: ":") else { return [] }
        return message[message.index(after: colon)...].split(separator: ",").map { part in
            let name = part.drop { $0 == " " }
            return String(name.lastIndex(of: ".").map { name[name.index(after: $0)...] } ?? name)
        }
    }
}

/// Errors of SQLite as errors of a store; all others unchanged.
func storeError(_ error: any Error) -> any Error {
    (error as? SQLiteError)?.storeError ?? error
}
