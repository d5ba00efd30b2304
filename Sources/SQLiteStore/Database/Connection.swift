import CSQLite
import SQLiteFunctions

/// One connection to the database file. Used by one thread at a time; nothing in it is locked.
package final class Connection {
    package enum Mode: Sendable {
        /// The only one that writes and checkpoints.
        case writer(synchronous: Synchronous)
        case reader
    }

    /// What an acknowledged commit has survived (https://sqlite.org/pragma.html#pragma_synchronous).
    package enum Synchronous: String, Sendable {
        /// A power failure.
        case full = "FULL"
        /// A crash of the process; a power failure may undo the last commits.
        case normal = "NORMAL"
    }

    let handle: OpaquePointer
    private var statements = BoundedCache<String, Statement>(capacity: 256)
    private let watch = UnsafeMutablePointer<Watch>.allocate(capacity: 1)

    /// What SQLite calls back into; at a fixed address for as long as the connection lives.
    private struct Watch {
        /// How long a statement may run, in nanoseconds; 0: for ever.
        var allowance: UInt64 = 0
        /// When it must stop, on the monotonic clock; 0: not yet decided.
        var deadline: UInt64 = 0
        /// Pages in the WAL after the last commit of this connection.
        var walPages: Int32 = 0
    }

    /// Once per process, before the first connection.
    private static let configured: Void = { _ = atlas_sqlite_disable_memory_statistics() }()

    package init(path: String, mode: Mode) throws(SQLiteError) {
        Connection.configured
        let access: Int32
        switch mode {
        case .writer: access = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        case .reader: access = SQLITE_OPEN_READONLY
        }
        // No mutex inside: a connection has one thread. A private cache: a shared one would share its locks.
        var opened: OpaquePointer?
        let status = sqlite3_open_v2(path, &opened, access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, nil)
        guard status == SQLITE_OK, let opened else {
            let error = SQLiteError(opened)
            sqlite3_close_v2(opened)
            throw error
        }
        handle = opened
        watch.initialize(to: Watch())
        sqlite3_extended_result_codes(opened, 1)
        // The file is data: it may not bring along triggers or views that call functions, nor may SQL write to the schema table.
        atlas_sqlite_db_config(opened, SQLITE_DBCONFIG_DEFENSIVE, 1, nil)
        atlas_sqlite_db_config(opened, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nil)
        atlas_sqlite_db_config(opened, SQLITE_DBCONFIG_DQS_DML, 0, nil)
        atlas_sqlite_db_config(opened, SQLITE_DBCONFIG_DQS_DDL, 0, nil)
        guard ExpressionFunctions.register(on: opened) == SQLITE_OK else { throw SQLiteError(opened) }
        try execute("PRAGMA foreign_keys=OFF; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-8192")
        switch mode {
        case .writer(let synchronous):
            sqlite3_busy_timeout(opened, 5000)
            try execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=\(synchronous.rawValue); PRAGMA secure_delete=OFF")
            // Debian's SQLite overwrites deleted content by default; -1 leaves the grown WAL in place for reuse.
            try execute("PRAGMA journal_size_limit=-1; PRAGMA wal_autocheckpoint=0")
            sqlite3_wal_hook(
                opened,
                { context, _, _, pages in
                    context?.assumingMemoryBound(to: Watch.self).pointee.walPages = pages
                    return SQLITE_OK
                }, watch)
        case .reader:
            // Waits only for recovery of the WAL by the writer.
            sqlite3_busy_timeout(opened, 1000)
            // Mapped pages save a copy and a call each: a fifth of a read by key.
            try execute("PRAGMA wal_autocheckpoint=0; PRAGMA mmap_size=268435456")
            atlas_sqlite_db_config(opened, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nil)
        }
    }

    deinit {
        statements.removeAll()
        sqlite3_close_v2(handle)
        watch.deallocate()
    }

    /// Runs statements that take no parameters, separated by semicolons; rows are ignored.
    package func execute(_ sql: String) throws(SQLiteError) {
        guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else { throw SQLiteError(handle) }
    }

    /// The prepared form of a statement, kept for the next time. It must be reset before it is asked for again.
    package func statement(_ sql: String) throws(SQLiteError) -> Statement {
        if let statement = statements[sql] { return statement }
        let statement = try prepare(sql, persistent: true)
        statements[sql] = statement
        return statement
    }

    /// Statements that were ever prepared: reads that come again prepare nothing.
    private(set) var prepared = 0

    /// A statement for whoever keeps it.
    package func prepare(_ sql: String, persistent: Bool = false) throws(SQLiteError) -> Statement {
        prepared += 1
        return try Statement(sql, on: handle, persistent: persistent)
    }

    /// Rows changed by the last INSERT, UPDATE or DELETE.
    package var changes: Int { Int(sqlite3_changes64(handle)) }

    /// Rows changed since the connection was opened, those that were rolled back included.
    var totalChanges: Int64 { sqlite3_total_changes64(handle) }

    package var lastInsertedRow: Int64 { sqlite3_last_insert_rowid(handle) }

    /// False as well when SQLite itself has rolled a transaction back after an error.
    package var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// Pages in the WAL after the last commit of this connection.
    var walPages: Int { Int(watch.pointee.walPages) }

    /// Ends every execution that somebody left open by throwing.
    func resetAll() {
        var statement = sqlite3_next_stmt(handle, nil)
        while let current = statement {
            if sqlite3_stmt_busy(current) != 0 { sqlite3_reset(current) }
            statement = sqlite3_next_stmt(handle, current)
        }
    }

    // MARK: Limits

    /// From now on a statement is interrupted (`SQLITE_INTERRUPT`) when what began with `startClock()` has run for that long.
    func limit(nanoseconds: UInt64) {
        watch.pointee.allowance = nanoseconds
        // The clock is first read after 2,000 steps of the virtual machine, so that short reads never read it.
        sqlite3_progress_handler(
            handle, 2000,
            { context in
                guard let watch = context?.assumingMemoryBound(to: Watch.self) else { return 0 }
                let now = MonotonicClock.now
                if watch.pointee.deadline == 0 {
                    watch.pointee.deadline = now &+ watch.pointee.allowance
                    return 0
                }
                return now > watch.pointee.deadline ? 1 : 0
            }, watch)
    }

    func startClock() { watch.pointee.deadline = 0 }

    // MARK: Checkpoints

    enum Checkpoint: Sendable {
        /// Moves what no reader still needs, without waiting.
        case passive
        /// Also waits (at most the busy timeout) until the next commit can begin the WAL anew.
        case restart
    }

    /// Moves pages from the WAL into the file; gives the pages in the WAL and how many of them have been moved.
    func checkpoint(_ mode: Checkpoint) throws(SQLiteError) -> (pages: Int, moved: Int) {
        var pages: Int32 = 0
        var moved: Int32 = 0
        let restart = mode == .restart
        if restart { sqlite3_busy_timeout(handle, 50) }
        defer { if restart { sqlite3_busy_timeout(handle, 5000) } }
        let status = sqlite3_wal_checkpoint_v2(handle, nil, restart ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE, &pages, &moved)
        guard status == SQLITE_OK || status & 0xFF == SQLITE_BUSY else { throw SQLiteError(handle) }
        return (Int(pages), Int(moved))
    }
}
