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
        let statement = try connection.statement(
            #"INSERT INTO "_atlas_deliveries" (\#(Self.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"#)
        statement.bind(delivery.id, at: 1)
        statement.bind(delivery.webhook, at: 2)
        statement.bind(delivery.endpoint, at: 3)
        statement.bind(delivery.tenant, at: 4)
        statement.bind(delivery.event, at: 5)
        statement.bind(delivery.body, at: 6)
        statement.bind(delivery.createdAt, at: 7)
        bindChanging(delivery, to: statement, from: 8)
        try statement.run()
    }

    func delivery(_ id: String) throws -> Delivery? {
        let statement = try connection.statement(#"SELECT \#(Self.columns) FROM "_atlas_deliveries" WHERE "id" = ?"#)
        defer { statement.reset() }
        statement.bind(id, at: 1)
        return try statement.step() ? Self.delivery(statement) : nil
    }

    func update(_ delivery: Delivery) throws {
        let statement = try connection.statement(
            #"""
            UPDATE "_atlas_deliveries" SET "asked_at" = ?, "status" = ?, "attempts" = ?, "url" = ?, "error" = ?, "attempted_at" = ?,
                "failed_at" = ?, "delivered_at" = ? WHERE "id" = ?
            """#)
        bindChanging(delivery, to: statement, from: 1)
        statement.bind(delivery.id, at: 9)
        try statement.run()
    }

    func page(limit: Int, offset: Int) throws -> (deliveries: [Delivery], total: Int) {
        let statement = try connection.statement(
            #"SELECT \#(Self.columns) FROM "_atlas_deliveries" ORDER BY "n" DESC LIMIT ? OFFSET ?"#)
        defer { statement.reset() }
        statement.bind(Int64(limit), at: 1)
        statement.bind(Int64(offset), at: 2)
        var deliveries: [Delivery] = []
        while try statement.step() { deliveries.append(Self.delivery(statement)) }
        let count = try connection.statement(#"SELECT count(*) FROM "_atlas_deliveries""#)
        defer { count.reset() }
        return (deliveries, try count.step() ? Int(count.integer(0)) : 0)
    }

    func failingSince(endpoint: String) throws -> Int64? {
        let statement = try connection.statement(
            #"""
            SELECT min("failed_at") FROM "_atlas_deliveries" WHERE "endpoint" = ?1 AND "failed_at" > (
                SELECT coalesce(max("delivered_at"), 0) FROM "_atlas_deliveries" WHERE "endpoint" = ?1)
            """#)
        defer { statement.reset() }
        statement.bind(endpoint, at: 1)
        guard try statement.step(), !statement.isNull(0) else { return nil }
        return statement.integer(0)
    }

    func prune(before moment: Int64, limit: Int) throws -> Int {
        let statement = try connection.statement(
            #"""
            DELETE FROM "_atlas_deliveries" WHERE "n" IN (
                SELECT "n" FROM "_atlas_deliveries" WHERE "created_at" < ? AND "status" <> 'pending' LIMIT ?)
            """#)
        statement.bind(moment, at: 1)
        statement.bind(Int64(limit), at: 2)
        try statement.run()
        return connection.changes
    }

    private func bindChanging(_ delivery: Delivery, to statement: Statement, from first: Int) {
        statement.bind(delivery.askedAt, at: first)
        statement.bind(delivery.status.rawValue, at: first + 1)
        statement.bind(Int64(delivery.attempts), at: first + 2)
        statement.bind(delivery.url, at: first + 3)
        statement.bind(delivery.error, at: first + 4)
        statement.bind(delivery.attemptedAt, at: first + 5)
        statement.bind(delivery.failedAt, at: first + 6)
        statement.bind(delivery.deliveredAt, at: first + 7)
    }

    private static func delivery(_ statement: Statement) -> Delivery {
        func moment(_ column: Int) -> Int64? { statement.isNull(column) ? nil : statement.integer(column) }
        var delivery = Delivery(
            id: statement.text(0), webhook: statement.text(1), event: statement.text(4), body: statement.text(5),
            createdAt: statement.integer(6))
        (delivery.endpoint, delivery.tenant) = (statement.optionalText(2), statement.optionalText(3))
        delivery.askedAt = statement.integer(7)
        delivery.status = Delivery.Status(rawValue: statement.text(8)) ?? .failed
        delivery.attempts = Int(statement.integer(9))
        (delivery.url, delivery.error) = (statement.optionalText(10), statement.optionalText(11))
        (delivery.attemptedAt, delivery.failedAt, delivery.deliveredAt) = (moment(12), moment(13), moment(14))
        return delivery
    }
}
