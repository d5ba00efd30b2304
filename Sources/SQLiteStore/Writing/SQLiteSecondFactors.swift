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
        try connection.first(
            #"SELECT "sealed", "created_at", "confirmed_at", "last_step" FROM "_atlas_second_factors" WHERE "user" = ?"#, user
        ) {
            SecondFactor(
                user: user, sealed: $0.bytes(0), createdAt: $0.integer(1), confirmedAt: $0.optionalInteger(2),
                lastStep: $0.optionalInteger(3))
        }
    }

    func save(_ factor: SecondFactor) throws {
        try connection.run(
            #"INSERT OR REPLACE INTO "_atlas_second_factors" ("user", "sealed", "created_at", "confirmed_at", "last_step") "#
                + "VALUES (?, ?, ?, ?, ?)", factor.user, factor.sealed, factor.createdAt, factor.confirmedAt, factor.lastStep)
    }

    func remove(of user: String) throws {
        for table in ["_atlas_second_factors", "_atlas_recovery_codes", "_atlas_second_factor_misses"] {
            // Of misses on a network too; no id holds a slash.
            try connection.run(#"DELETE FROM "\#(table)" WHERE "user" = ?1 OR "user" GLOB ?1 || '/*'"#, user)
        }
    }

    /// Under which name the misses of a user on that network stand.
    private static func key(_ user: String, _ network: String) -> String { network.isEmpty ? user : "\(user)/\(network)" }

    func spendStep(_ step: Int64, of user: String) throws -> Bool {
        try connection.run(
            #"UPDATE "_atlas_second_factors" SET "last_step" = ?2 WHERE "user" = ?1 AND ("last_step" IS NULL OR "last_step" < ?2)"#, user,
            step)
        return connection.changes > 0
    }

    func setRecoveryCodes(_ hashes: [[UInt8]], of user: String) throws {
        try connection.run(#"DELETE FROM "_atlas_recovery_codes" WHERE "user" = ?"#, user)
        for hash in hashes {
            try connection.run(#"INSERT OR IGNORE INTO "_atlas_recovery_codes" ("user", "hash") VALUES (?, ?)"#, user, hash)
        }
    }

    func spendRecoveryCode(_ hash: [UInt8], of user: String) throws -> Bool {
        try connection.run(#"DELETE FROM "_atlas_recovery_codes" WHERE "user" = ? AND "hash" = ?"#, user, hash)
        return connection.changes > 0
    }

    // MARK: Misses

    func misses(of user: String, from network: String) throws -> (count: Int, last: Int64) {
        try connection.first(
            #"SELECT "count", "last" FROM "_atlas_second_factor_misses" WHERE "user" = ?"#, Self.key(user, network)
        ) { (Int($0.integer(0)), $0.integer(1)) } ?? (0, 0)
    }

    func addMiss(of user: String, from network: String, at moment: Int64) throws {
        try connection.run(
            #"INSERT INTO "_atlas_second_factor_misses" ("user", "count", "last") VALUES (?1, 1, ?2) "#
                + #"ON CONFLICT DO UPDATE SET "count" = "count" + 1, "last" = ?2"#, Self.key(user, network), moment)
    }

    func ageMisses(of user: String, from network: String) throws {
        try connection.run(#"UPDATE "_atlas_second_factor_misses" SET "last" = 0 WHERE "user" = ?"#, Self.key(user, network))
    }

    func clearMisses(of user: String, from network: String) throws {
        try connection.run(#"DELETE FROM "_atlas_second_factor_misses" WHERE "user" = ?"#, Self.key(user, network))
    }
}
