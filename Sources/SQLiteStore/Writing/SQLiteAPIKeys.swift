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
        let statement = try connection.statement(
            #"INSERT INTO "_atlas_api_keys" (\#(Self.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"#)
        statement.bind(key.id, at: 1)
        statement.bind(key.user, at: 2)
        statement.bind(key.name, at: 3)
        statement.bind(key.tenant, at: 4)
        statement.bind(bytes: key.hash, at: 5)
        // No scope holds a space.
        statement.bind(key.scopes?.joined(separator: " "), at: 6)
        statement.bind(key.createdAt, at: 7)
        statement.bind(key.expiresAt, at: 8)
        statement.bind(key.usedAt, at: 9)
        try statement.run()
    }

    func key(_ id: String) throws -> APIKey? {
        let statement = try connection.statement(#"SELECT \#(Self.columns) FROM "_atlas_api_keys" WHERE "id" = ?"#)
        defer { statement.reset() }
        statement.bind(id, at: 1)
        return try statement.step() ? Self.key(statement) : nil
    }

    func keys(of user: String, tenant: String?) throws -> [APIKey] {
        let statement = try connection.statement(
            #"SELECT \#(Self.columns) FROM "_atlas_api_keys" WHERE "user" = ?1 AND "tenant" IS ?2 ORDER BY "id" DESC"#)
        defer { statement.reset() }
        statement.bind(user, at: 1)
        statement.bind(tenant, at: 2)
        return try Self.keys(statement)
    }

    func keys(in tenant: String) throws -> [APIKey] {
        let statement = try connection.statement(
            #"SELECT \#(Self.columns) FROM "_atlas_api_keys" WHERE "tenant" = ? ORDER BY "id" DESC"#)
        defer { statement.reset() }
        statement.bind(tenant, at: 1)
        return try Self.keys(statement)
    }

    private static func keys(_ statement: Statement) throws -> [APIKey] {
        var keys: [APIKey] = []
        while try statement.step() { keys.append(key(statement)) }
        return keys
    }

    private static func key(_ statement: Statement) -> APIKey {
        APIKey(
            id: statement.text(0), user: statement.text(1), name: statement.text(2), tenant: statement.optionalText(3),
            hash: statement.bytes(4), scopes: statement.optionalText(5).map { $0.split(separator: " ").map(String.init) },
            createdAt: statement.integer(6), expiresAt: statement.optionalInteger(7), usedAt: statement.optionalInteger(8))
    }

    func remove(_ id: String, of user: String) throws -> Bool {
        let statement = try connection.statement(#"DELETE FROM "_atlas_api_keys" WHERE "id" = ? AND "user" = ?"#)
        statement.bind(id, at: 1)
        statement.bind(user, at: 2)
        try statement.run()
        return connection.changes > 0
    }

    func removeAll(of user: String) throws {
        let statement = try connection.statement(#"DELETE FROM "_atlas_api_keys" WHERE "user" = ?"#)
        statement.bind(user, at: 1)
        try statement.run()
    }

    func removeAll(of user: String, in tenant: String) throws {
        let statement = try connection.statement(#"DELETE FROM "_atlas_api_keys" WHERE "user" = ? AND "tenant" = ?"#)
        statement.bind(user, at: 1)
        statement.bind(tenant, at: 2)
        try statement.run()
    }

    func noteUse(of id: String, at moment: Int64) throws {
        let statement = try connection.statement(#"UPDATE "_atlas_api_keys" SET "used_at" = ?2 WHERE "id" = ?1"#)
        statement.bind(id, at: 1)
        statement.bind(moment, at: 2)
        try statement.run()
    }
}
