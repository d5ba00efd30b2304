import Ports

/// API keys in a table of their own.
struct SQLiteAPIKeys: APIKeyTransaction {
    static let statements = """
        CREATE TABLE IF NOT EXISTS "_atlas_api_keys" (
            "id" TEXT PRIMARY KEY, "user" TEXT NOT NULL, "name" TEXT NOT NULL, "tenant" TEXT, "hash" BLOB NOT NULL, "scopes" TEXT,
            "created_at" INTEGER NOT NULL, "expires_at" INTEGER, "used_at" INTEGER) STRICT, WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS "_atlas_api_keys_user" ON "_atlas_api_keys" ("user");
        CREATE INDEX IF NOT EXISTS "_atlas_api_keys_tenant" ON "_atlas_api_keys" ("tenant") WHERE "tenant" IS NOT NULL;
        """
    private static let columns =
        #""id", "user", "name", "tenant", "hash", "scopes", "created_at", "expires_at", "used_at""#

    private let connection: Connection

    init(_ connection: Connection) {
        self.connection = connection
    }

    func save(_ key: APIKey) throws {
        // No scope holds a space.
        let scopes = key.scopes?.joined(separator: " ")
        try connection.run(
            #"INSERT INTO "_atlas_api_keys" (\#(Self.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"#, key.id, key.user, key.name, key.tenant,
            key.hash, scopes, key.createdAt, key.expiresAt, key.usedAt)
    }

    func key(_ id: String) throws -> APIKey? {
        try connection.first(#"SELECT \#(Self.columns) FROM "_atlas_api_keys" WHERE "id" = ?"#, id) { Self.key($0) }
    }

    func keys(of user: String, tenant: String?) throws -> [APIKey] {
        try connection.all(
            #"SELECT \#(Self.columns) FROM "_atlas_api_keys" WHERE "user" = ?1 AND "tenant" IS ?2 ORDER BY "id" DESC"#, user, tenant
        ) { Self.key($0) }
    }

    func keys(in tenant: String) throws -> [APIKey] {
        try connection.all(#"SELECT \#(Self.columns) FROM "_atlas_api_keys" WHERE "tenant" = ? ORDER BY "id" DESC"#, tenant) {
            Self.key($0)
        }
    }

    private static func key(_ statement: Statement) -> APIKey {
        APIKey(
            id: statement.text(0), user: statement.text(1), name: statement.text(2), tenant: statement.optionalText(3),
            hash: statement.bytes(4), scopes: statement.optionalText(5).map { $0.split(separator: " ").map(String.init) },
            createdAt: statement.integer(6), expiresAt: statement.optionalInteger(7), usedAt: statement.optionalInteger(8))
    }

    func hasAny(_ user: String) throws -> Bool {
        try connection.first(#"SELECT 1 FROM "_atlas_api_keys" WHERE "user" = ? LIMIT 1"#, user) { _ in true } ?? false
    }

    func remove(_ id: String, of user: String) throws -> Bool {
        try connection.run(#"DELETE FROM "_atlas_api_keys" WHERE "id" = ? AND "user" = ?"#, id, user)
        return connection.changes > 0
    }

    func removeAll(of user: String) throws {
        try connection.run(#"DELETE FROM "_atlas_api_keys" WHERE "user" = ?"#, user)
    }

    func removeAll(of user: String, in tenant: String) throws {
        try connection.run(#"DELETE FROM "_atlas_api_keys" WHERE "user" = ? AND "tenant" = ?"#, user, tenant)
    }

    func noteUse(of id: String, at moment: Int64) throws {
        try connection.run(#"UPDATE "_atlas_api_keys" SET "used_at" = ?2 WHERE "id" = ?1"#, id, moment)
    }
}
