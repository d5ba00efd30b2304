/// When the WAL is moved into the file. Between commits, by the writer alone: SQLite's own background of several checkpointing
/// connections let the WAL grow without bound under load, and releases 3.7.0 to 3.51.2 can race there (https://sqlite.org/wal.html).
///
/// A WAL that has been moved whole is written again from its start, and keeps its size on disk.
struct Checkpoints {
    /// Pages (of 4 KiB) after which the WAL is moved.
    static let interval = 2000
    /// From that many pages on the writer waits up to 50 ms for readers of old snapshots.
    static let urgent = 4 * interval
    /// Nanoseconds without work after which the rest is moved.
    static let idle: UInt64 = 1_000_000_000

    private var due = interval
    /// Pages at the last checkpoint, and how many of them were moved.
    private var last = (pages: 0, moved: 0)

    /// How long to wait for work before moving what is left; nil: nothing is left.
    var idleDelay: UInt64? { isDirty ? Checkpoints.idle : nil }
    private var isDirty = false

    mutating func run(on connection: Connection, idle: Bool) throws(SQLiteError) {
        let pages = connection.walPages
        // A shorter WAL than before was begun anew.
        if pages < last.pages {
            last = (0, 0)
            due = Checkpoints.interval
        }
        isDirty = pages > last.moved
        guard idle ? isDirty : pages >= due else { return }
        last = try connection.checkpoint(!idle && pages >= Checkpoints.urgent ? .restart : .passive)
        // Readers of old snapshots may have kept the WAL from being begun anew: not at every commit from now on.
        due = pages + Checkpoints.interval
        // What an idle checkpoint could not move is tried again after the next commit.
        isDirty = idle ? false : pages > last.moved
    }
}
