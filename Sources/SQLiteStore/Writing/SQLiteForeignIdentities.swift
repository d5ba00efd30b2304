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
        try connection.first(#"SELECT "user" FROM "_atlas_identities" WHERE "service" = ? AND "subject" = ?"#, service, subject) {
            $0.text(0)
        }
    }

    func save(_ identity: ForeignIdentity) throws {
        try connection.run(
            #"INSERT OR REPLACE INTO "_atlas_identities" ("service", "subject", "user", "created_at") VALUES (?, ?, ?, ?)"#,
            identity.service, identity.subject, identity.user, identity.createdAt)
    }

    func hasAny(_ user: String) throws -> Bool {
        try connection.first(#"SELECT 1 FROM "_atlas_identities" WHERE "user" = ? LIMIT 1"#, user) { _ in true } ?? false
    }

    func removeAll(of user: String) throws {
        try connection.run(#"DELETE FROM "_atlas_identities" WHERE "user" = ?"#, user)
    }
}
