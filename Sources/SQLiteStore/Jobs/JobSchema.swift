/// The tables of the queue. One row for each job that is remembered; large payloads are kept apart, because every step of a job rewrites its row.
///
/// A job has ended exactly when `ended_at` is set. Every index is partial: a step touches only those of the states it leaves and enters.
enum JobSchema {
    /// Bytes from which a payload is kept apart.
    static let largePayload = 2048

    static let statements = """
        CREATE TABLE IF NOT EXISTS "_atlas_jobs" (
            "n" INTEGER PRIMARY KEY, "id" TEXT NOT NULL UNIQUE, "queue" TEXT NOT NULL, "kind" TEXT NOT NULL, "state" TEXT NOT NULL,
            "priority" INTEGER NOT NULL, "run_at" INTEGER NOT NULL, "attempts" INTEGER NOT NULL, "max_attempts" INTEGER NOT NULL,
            "fence" INTEGER NOT NULL, "worker" TEXT, "progress" INTEGER NOT NULL, "note" TEXT, "unique_key" TEXT, "payload" BLOB,
            "result" BLOB, "error" TEXT, "collection" TEXT, "record" TEXT, "request_id" TEXT, "created_at" INTEGER NOT NULL,
            "ended_at" INTEGER, "name" TEXT, "started_by" TEXT) STRICT;
        CREATE TABLE IF NOT EXISTS "_atlas_job_payloads" ("n" INTEGER PRIMARY KEY, "payload" BLOB NOT NULL) STRICT;
        CREATE INDEX IF NOT EXISTS "_atlas_jobs_ready" ON "_atlas_jobs" ("queue", "priority" DESC, "run_at", "id")
            WHERE "state" = 'ready';
        CREATE INDEX IF NOT EXISTS "_atlas_jobs_scheduled" ON "_atlas_jobs" ("queue", "run_at") WHERE "state" = 'scheduled';
        CREATE INDEX IF NOT EXISTS "_atlas_jobs_running" ON "_atlas_jobs" ("queue") WHERE "state" = 'running';
        CREATE INDEX IF NOT EXISTS "_atlas_jobs_ended" ON "_atlas_jobs" ("queue", "state", "ended_at") WHERE "ended_at" IS NOT NULL;
        CREATE UNIQUE INDEX IF NOT EXISTS "_atlas_jobs_live" ON "_atlas_jobs" ("unique_key")
            WHERE "unique_key" IS NOT NULL AND "ended_at" IS NULL;
        """

    /// Columns that older files lack.
    static func complete(_ connection: Connection) throws {
        var known: Set<String> = []
        let columns = try connection.prepare(#"SELECT "name" FROM pragma_table_info('_atlas_jobs')"#)
        while try columns.step() { known.insert(columns.text(0)) }
        columns.reset()
        for column in ["name", "started_by"] where !known.contains(column) {
            try connection.execute(#"ALTER TABLE "_atlas_jobs" ADD COLUMN "\#(column)" TEXT"#)
        }
    }

    /// Ends what a former process left running, once this one owns the file: ready again at once, or dead after its last attempt. Gives the
    /// number of this incarnation, which is greater than all before; fences are made from it.
    static func recover(_ connection: Connection, now: Int64) throws -> Int64 {
        try connection.execute("BEGIN IMMEDIATE")
        do {
            let dead = try connection.prepare(
                """
                UPDATE "_atlas_jobs" SET "state" = 'dead', "fence" = 0, "ended_at" = ?1, "error" = 'the process died in the last attempt'
                WHERE "state" = 'running' AND "attempts" >= "max_attempts"
                """)
            dead.bind(now, at: 1)
            try dead.run()
            try connection.execute(#"UPDATE "_atlas_jobs" SET "state" = 'ready', "fence" = 0 WHERE "state" = 'running'"#)
            let incarnation = (try SystemTables.meta("incarnation", connection).flatMap { Int64($0) } ?? 0) &+ 1
            try SystemTables.setMeta("incarnation", "\(incarnation)", connection)
            try connection.execute("COMMIT")
            return incarnation
        } catch {
            if connection.isInTransaction { try? connection.execute("ROLLBACK") }
            throw error
        }
    }
}
