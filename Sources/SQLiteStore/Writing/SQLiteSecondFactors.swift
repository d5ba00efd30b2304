import Ports

/// Authenticators and recovery codes in tables of their own.
struct SQLiteSecondFactors: SecondFactorTransaction {
    static let statements = """
        CREATE TABLE IF NOT EXISTS "_atlas_second_factors" (
            "user" TEXT PRIMARY KEY, "sealed" BLOB NOT NULL, "created_at" INTEGER NOT NULL, "confirmed_at" INTEGER, "last_step" INTEGER)
            STRICT, WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS "_atlas_recovery_codes" (
            "user" TEXT NOT NULL, "hash" BLOB NOT NULL, PRIMARY KEY ("user", "hash")) STRICT, WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS "_atlas_second_factor_misses" (
            "user" TEXT PRIMARY KEY, "count" INTEGER NOT NULL, "last" INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        """

    private let connection: Connection

    init(_ connection: Connection) {
        self.connection = connection
    }

    func factor(of user: String) throws -> SecondFactor? {
        let statement = try connection.statement(
            #"SELECT "sealed", "created_at", "confirmed_at", "last_step" FROM "_atlas_second_factors" WHERE "user" = ?"#)
        defer { statement.reset() }
        statement.bind(user, at: 1)
        guard try statement.step() else { return nil }
        return SecondFactor(
            user: user, sealed: statement.bytes(0), createdAt: statement.integer(1), confirmedAt: statement.optionalInteger(2),
            lastStep: statement.optionalInteger(3))
    }

    func save(_ factor: SecondFactor) throws {
        let statement = try connection.statement(
            #"INSERT OR REPLACE INTO "_atlas_second_factors" ("user", "sealed", "created_at", "confirmed_at", "last_step") "#
                + "VALUES (?, ?, ?, ?, ?)")
        statement.bind(factor.user, at: 1)
        statement.bind(bytes: factor.sealed, at: 2)
        statement.bind(factor.createdAt, at: 3)
        statement.bind(factor.confirmedAt, at: 4)
        statement.bind(factor.lastStep, at: 5)
        try statement.run()
    }

    func remove(of user: String) throws {
        for table in ["_atlas_second_factors", "_atlas_recovery_codes", "_atlas_second_factor_misses"] {
            // Of misses on a network too; no id holds a slash.
            let statement = try connection.statement(#"DELETE FROM "\#(table)" WHERE "user" = ?1 OR "user" GLOB ?1 || '/*'"#)
            statement.bind(user, at: 1)
            try statement.run()
        }
    }

    /// Under which name the misses of a user on that network stand.
    private static func key(_ user: String, _ network: String) -> String { network.isEmpty ? user : "\(user)/\(network)" }

    func spendStep(_ step: Int64, of user: String) throws -> Bool {
        let statement = try connection.statement(
            #"UPDATE "_atlas_second_factors" SET "last_step" = ?2 WHERE "user" = ?1 AND ("last_step" IS NULL OR "last_step" < ?2)"#)
        statement.bind(user, at: 1)
        statement.bind(step, at: 2)
        try statement.run()
        return connection.changes > 0
    }

    func setRecoveryCodes(_ hashes: [[UInt8]], of user: String) throws {
        let removal = try connection.statement(#"DELETE FROM "_atlas_recovery_codes" WHERE "user" = ?"#)
        removal.bind(user, at: 1)
        try removal.run()
        for hash in hashes {
            let statement = try connection.statement(#"INSERT OR IGNORE INTO "_atlas_recovery_codes" ("user", "hash") VALUES (?, ?)"#)
            statement.bind(user, at: 1)
            statement.bind(bytes: hash, at: 2)
            try statement.run()
        }
    }

    func spendRecoveryCode(_ hash: [UInt8], of user: String) throws -> Bool {
        let statement = try connection.statement(#"DELETE FROM "_atlas_recovery_codes" WHERE "user" = ? AND "hash" = ?"#)
        statement.bind(user, at: 1)
        statement.bind(bytes: hash, at: 2)
        try statement.run()
        return connection.changes > 0
    }

    // MARK: Misses

    func misses(of user: String, from network: String) throws -> (count: Int, last: Int64) {
        let statement = try connection.statement(#"SELECT "count", "last" FROM "_atlas_second_factor_misses" WHERE "user" = ?"#)
        defer { statement.reset() }
        statement.bind(Self.key(user, network), at: 1)
        return try statement.step() ? (Int(statement.integer(0)), statement.integer(1)) : (0, 0)
    }

    func addMiss(of user: String, from network: String, at moment: Int64) throws {
        let statement = try connection.statement(
            #"INSERT INTO "_atlas_second_factor_misses" ("user", "count", "last") VALUES (?1, 1, ?2) "#
                + #"ON CONFLICT DO UPDATE SET "count" = "count" + 1, "last" = ?2"#)
        statement.bind(Self.key(user, network), at: 1)
        statement.bind(moment, at: 2)
        try statement.run()
    }

    func ageMisses(of user: String, from network: String) throws {
        let statement = try connection.statement(#"UPDATE "_atlas_second_factor_misses" SET "last" = 0 WHERE "user" = ?"#)
        statement.bind(Self.key(user, network), at: 1)
        try statement.run()
    }

    func clearMisses(of user: String, from network: String) throws {
        let statement = try connection.statement(#"DELETE FROM "_atlas_second_factor_misses" WHERE "user" = ?"#)
        statement.bind(Self.key(user, network), at: 1)
        try statement.run()
    }
}
