import Ports

/// Identities of other services in a table of their own.
struct SQLiteForeignIdentities: ForeignIdentityTransaction {
    static let statements = """
        CREATE TABLE IF NOT EXISTS "_atlas_identities" (
            "service" TEXT NOT NULL, "subject" TEXT NOT NULL, "user" TEXT NOT NULL, "created_at" INTEGER NOT NULL,
            PRIMARY KEY ("service", "subject")) STRICT, WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS "_atlas_identities_user" ON "_atlas_identities" ("user");
        """

    private let connection: Connection

    init(_ connection: Connection) {
        self.connection = connection
    }

    func user(of service: String, subject: String) throws -> String? {
        let statement = try connection.statement(#"SELECT "user" FROM "_atlas_identities" WHERE "service" = ? AND "subject" = ?"#)
        defer { statement.reset() }
        statement.bind(service, at: 1)
        statement.bind(subject, at: 2)
        return try statement.step() ? statement.text(0) : nil
    }

    func save(_ identity: ForeignIdentity) throws {
        let statement = try connection.statement(
            #"INSERT OR REPLACE INTO "_atlas_identities" ("service", "subject", "user", "created_at") VALUES (?, ?, ?, ?)"#)
        statement.bind(identity.service, at: 1)
        statement.bind(identity.subject, at: 2)
        statement.bind(identity.user, at: 3)
        statement.bind(identity.createdAt, at: 4)
        try statement.run()
    }

    func removeAll(of user: String) throws {
        let statement = try connection.statement(#"DELETE FROM "_atlas_identities" WHERE "user" = ?"#)
        statement.bind(user, at: 1)
        try statement.run()
    }
}
