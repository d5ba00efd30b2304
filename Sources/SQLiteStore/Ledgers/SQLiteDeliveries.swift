import Ports

/// The log of deliveries.
struct SQLiteDeliveries: DeliveryLedger {
    private let connection: Connection

    init(_ connection: Connection) {
        self.connection = connection
    }

    static let statements = """
        CREATE TABLE IF NOT EXISTS "_atlas_deliveries" (
            "n" INTEGER PRIMARY KEY, "id" TEXT NOT NULL, "webhook" TEXT NOT NULL, "endpoint" TEXT, "tenant" TEXT, "event" TEXT NOT NULL,
            "body" TEXT NOT NULL, "created_at" INTEGER NOT NULL, "asked_at" INTEGER NOT NULL, "status" TEXT NOT NULL,
            "attempts" INTEGER NOT NULL, "url" TEXT, "error" TEXT, "attempted_at" INTEGER, "failed_at" INTEGER, "delivered_at" INTEGER) STRICT;
        CREATE UNIQUE INDEX IF NOT EXISTS "_atlas_deliveries_id" ON "_atlas_deliveries" ("id");
        CREATE INDEX IF NOT EXISTS "_atlas_deliveries_created_at" ON "_atlas_deliveries" ("created_at");
        CREATE INDEX IF NOT EXISTS "_atlas_deliveries_endpoint" ON "_atlas_deliveries" ("endpoint") WHERE "endpoint" IS NOT NULL;
        """

    private static let columns =
        #""id", "webhook", "endpoint", "tenant", "event", "body", "created_at", "asked_at", "status", "attempts", "url", "error", "#
        + #""attempted_at", "failed_at", "delivered_at""#

    func append(_ delivery: Delivery) throws {
        try connection.run(
            #"INSERT INTO "_atlas_deliveries" (\#(Self.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"#, delivery.id,
            delivery.webhook, delivery.endpoint, delivery.tenant, delivery.event, delivery.body, delivery.createdAt, delivery.askedAt,
            delivery.status.rawValue, Int64(delivery.attempts), delivery.url, delivery.error, delivery.attemptedAt, delivery.failedAt,
            delivery.deliveredAt)
    }

    func delivery(_ id: String) throws -> Delivery? {
        try connection.first(#"SELECT \#(Self.columns) FROM "_atlas_deliveries" WHERE "id" = ?"#, id) { Self.delivery($0) }
    }

    func update(_ delivery: Delivery) throws {
        try connection.run(
            #"""
            UPDATE "_atlas_deliveries" SET "asked_at" = ?, "status" = ?, "attempts" = ?, "url" = ?, "error" = ?, "attempted_at" = ?,
                "failed_at" = ?, "delivered_at" = ? WHERE "id" = ?
            """#, delivery.askedAt, delivery.status.rawValue, Int64(delivery.attempts), delivery.url, delivery.error,
            delivery.attemptedAt, delivery.failedAt, delivery.deliveredAt, delivery.id)
    }

    func page(limit: Int, offset: Int) throws -> (deliveries: [Delivery], total: Int) {
        let deliveries = try connection.all(
            #"SELECT \#(Self.columns) FROM "_atlas_deliveries" ORDER BY "n" DESC LIMIT ? OFFSET ?"#, Int64(limit), Int64(offset)
        ) { Self.delivery($0) }
        return (deliveries, try connection.first(#"SELECT count(*) FROM "_atlas_deliveries""#) { Int($0.integer(0)) } ?? 0)
    }

    func failingSince(endpoint: String) throws -> Int64? {
        try connection.first(
            #"""
            SELECT min("failed_at") FROM "_atlas_deliveries" WHERE "endpoint" = ?1 AND "failed_at" > (
                SELECT coalesce(max("delivered_at"), 0) FROM "_atlas_deliveries" WHERE "endpoint" = ?1)
            """#, endpoint
        ) { $0.optionalInteger(0) }
    }

    func prune(before moment: Int64, limit: Int) throws -> Int {
        try connection.run(
            #"""
            DELETE FROM "_atlas_deliveries" WHERE "n" IN (
                SELECT "n" FROM "_atlas_deliveries" WHERE "created_at" < ? AND "status" <> 'pending' LIMIT ?)
            """#, moment, Int64(limit))
        return connection.changes
    }

    private static func delivery(_ statement: Statement) -> Delivery {
        var delivery = Delivery(
            id: statement.text(0), webhook: statement.text(1), event: statement.text(4), body: statement.text(5),
            createdAt: statement.integer(6))
        (delivery.endpoint, delivery.tenant) = (statement.optionalText(2), statement.optionalText(3))
        delivery.askedAt = statement.integer(7)
        delivery.status = Delivery.Status(rawValue: statement.text(8)) ?? .failed
        delivery.attempts = Int(statement.integer(9))
        (delivery.url, delivery.error) = (statement.optionalText(10), statement.optionalText(11))
        (delivery.attemptedAt, delivery.failedAt, delivery.deliveredAt) = (
            statement.optionalInteger(12), statement.optionalInteger(13), statement.optionalInteger(14)
        )
        return delivery
    }
}
