import CSQLite
package import Expressions
import JSON

/// A prepared statement. Used on the thread of its connection. Parameters count from 1, columns from 0 (as in SQLite).
///
/// A statement that has given a row holds its snapshot until it is reset; a snapshot that is held keeps the WAL from being reused.
package final class Statement {
    let handle: OpaquePointer
    private let connection: OpaquePointer

    init(_ sql: String, on connection: OpaquePointer, persistent: Bool) throws(SQLiteError) {
        var sql = sql
        var prepared: OpaquePointer?
        let status = sql.withUTF8 { text in
            text.withMemoryRebound(to: CChar.self) {
                sqlite3_prepare_v3(
                    connection, $0.baseAddress, Int32(clamping: $0.count), persistent ? UInt32(SQLITE_PREPARE_PERSISTENT) : 0, &prepared,
                    nil)
            }
        }
        guard status == SQLITE_OK else { throw SQLiteError(connection) }
        guard let prepared else { throw SQLiteError(extendedCode: SQLITE_MISUSE, message: "an empty statement") }
        self.handle = prepared
        self.connection = connection
    }

    deinit { sqlite3_finalize(handle) }

    // MARK: Running

    /// Moves to the next row; false when there is none.
    package func step() throws(SQLiteError) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default: throw SQLiteError(connection)
        }
    }

    /// Ends the execution and gives back its snapshot. The parameters keep their values.
    package func reset() { sqlite3_reset(handle) }

    /// Runs to the end, ignoring rows, and resets.
    package func run() throws(SQLiteError) {
        defer { reset() }
        while try step() {}
    }

    // MARK: Parameters

    package func bindNull(at index: Int) { sqlite3_bind_null(handle, Int32(truncatingIfNeeded: index)) }

    package func bind(_ integer: Int64, at index: Int) { sqlite3_bind_int64(handle, Int32(truncatingIfNeeded: index), integer) }

    package func bind(_ integer: Int64?, at index: Int) {
        if let integer { bind(integer, at: index) } else { bindNull(at: index) }
    }

    package func bind(_ double: Double, at index: Int) { sqlite3_bind_double(handle, Int32(truncatingIfNeeded: index), double) }

    package func bind(_ text: String, at index: Int) {
        var text = text
        _ = text.withUTF8 { bytes in
            // An empty string may have no address, which would bind NULL.
            bytes.withMemoryRebound(to: CChar.self) { bytes in
                if let base = bytes.baseAddress {
                    sqlite3_bind_text64(
                        handle, Int32(truncatingIfNeeded: index), base, UInt64(bytes.count), atlas_sqlite_transient(), UInt8(SQLITE_UTF8))
                } else {
                    sqlite3_bind_text64(handle, Int32(truncatingIfNeeded: index), "", 0, atlas_sqlite_transient(), UInt8(SQLITE_UTF8))
                }
            }
        }
    }

    package func bind(_ text: String?, at index: Int) {
        if let text { bind(text, at: index) } else { bindNull(at: index) }
    }

    /// A text whose bytes lie elsewhere; they are copied.
    func bind(utf8 bytes: UnsafeBufferPointer<UInt8>, at index: Int) {
        guard let base = bytes.baseAddress else { return bindNull(at: index) }
        _ = base.withMemoryRebound(to: CChar.self, capacity: bytes.count) {
            sqlite3_bind_text64(
                handle, Int32(truncatingIfNeeded: index), $0, UInt64(bytes.count), atlas_sqlite_transient(), UInt8(SQLITE_UTF8))
        }
    }

    package func bind(bytes: [UInt8], at index: Int) {
        _ = bytes.withUnsafeBytes { raw in
            if let base = raw.baseAddress, raw.count > 0 {
                sqlite3_bind_blob64(handle, Int32(truncatingIfNeeded: index), base, UInt64(raw.count), atlas_sqlite_transient())
            } else {
                sqlite3_bind_zeroblob(handle, Int32(truncatingIfNeeded: index), 0)
            }
        }
    }

    package func bind(bytes: [UInt8]?, at index: Int) {
        if let bytes { bind(bytes: bytes, at: index) } else { bindNull(at: index) }
    }

    /// A value in its stored form: booleans as 0 and 1, moments, dates, durations and the units of decimals as integers, lists as a JSON array.
    package func bind(_ value: Value, at index: Int) {
        switch value {
        case .null: bindNull(at: index)
        case .bool(let truth): bind(truth ? 1 : 0 as Int64, at: index)
        case .int(let number), .moment(let number), .date(let number), .duration(let number): bind(number, at: index)
        case .float(let number): bind(number, at: index)
        case .decimal(let number): bind(number.units, at: index)
        case .text(let text): bind(text, at: index)
        case .list(let values): bind(JSONValue.array(values.map(Statement.json)).text, at: index)
        }
    }

    private static func json(_ value: Value) -> JSONValue {
        switch value {
        case .null: .null
        case .bool(let truth): .integer(truth ? 1 : 0)
        case .int(let number), .moment(let number), .date(let number), .duration(let number): .integer(number)
        case .float(let number): .number(number.description)
        case .decimal(let number): .integer(number.units)
        case .text(let text): .string(text)
        case .list(let values): .array(values.map(json))
        }
    }

    // MARK: Columns of the current row

    var columnCount: Int { Int(sqlite3_column_count(handle)) }

    package func isNull(_ column: Int) -> Bool { sqlite3_column_type(handle, Int32(truncatingIfNeeded: column)) == SQLITE_NULL }

    package func integer(_ column: Int) -> Int64 { sqlite3_column_int64(handle, Int32(truncatingIfNeeded: column)) }

    package func optionalInteger(_ column: Int) -> Int64? { isNull(column) ? nil : integer(column) }

    package func double(_ column: Int) -> Double { sqlite3_column_double(handle, Int32(truncatingIfNeeded: column)) }

    package func text(_ column: Int) -> String { String(decoding: utf8(column), as: UTF8.self) }

    package func optionalText(_ column: Int) -> String? { isNull(column) ? nil : text(column) }

    /// The bytes of a text; valid until the next call on this statement.
    package func utf8(_ column: Int) -> UnsafeBufferPointer<UInt8> {
        let column = Int32(truncatingIfNeeded: column)
        guard let base = sqlite3_column_text(handle, column) else { return UnsafeBufferPointer(start: nil, count: 0) }
        return UnsafeBufferPointer(start: base, count: Int(sqlite3_column_bytes(handle, column)))
    }

    package func bytes(_ column: Int) -> [UInt8] {
        let column = Int32(truncatingIfNeeded: column)
        guard let base = sqlite3_column_blob(handle, column) else { return [] }
        return [UInt8](UnsafeRawBufferPointer(start: base, count: Int(sqlite3_column_bytes(handle, column))))
    }

    package func optionalBytes(_ column: Int) -> [UInt8]? { isNull(column) ? nil : bytes(column) }
}
