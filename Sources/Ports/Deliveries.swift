/// One message of a webhook to one endpoint, from its cause to its end (06-queue, Outbound).
package struct Delivery: Sendable, Equatable {
    package enum Status: String, Sendable, CaseIterable {
        case pending, delivered
        /// Given up: out of tries or of time, refused for good, or switched off.
        case failed
    }

    /// The same with each try: the receiver knows a message by it.
    package var id: String
    package var webhook: String
    /// The record of `each` that it goes to.
    package var endpoint: String?
    package var tenant: String?
    package var event: String
    /// What is sent, to the byte.
    package var body: String
    /// Milliseconds since 1970, like all times here.
    package var createdAt: Int64
    /// When it was last asked for: of a redelivery later than `createdAt`.
    package var askedAt: Int64
    package var status = Status.pending
    package var attempts = 0
    /// Where it went with the last try.
    package var url: String?
    package var error: String?
    package var attemptedAt: Int64?
    /// Of the first try that failed.
    package var failedAt: Int64?
    package var deliveredAt: Int64?

    package init(id: String, webhook: String, event: String, body: String, createdAt: Int64) {
        self.id = id
        self.webhook = webhook
        self.event = event
        self.body = body
        self.createdAt = createdAt
        askedAt = createdAt
    }
}

/// The log of deliveries.
package protocol DeliveryLedger {
    func append(_ delivery: Delivery) throws
    func delivery(_ id: String) throws -> Delivery?
    /// Stores what a try or a redelivery changes.
    func update(_ delivery: Delivery) throws

    /// Newest first, and how many there are.
    func page(limit: Int, offset: Int) throws -> (deliveries: [Delivery], total: Int)

    /// Since when no delivery to the endpoint has succeeded though one was tried; nil where the last one did.
    func failingSince(endpoint: String) throws -> Int64?

    /// Removes what was created before that moment and waits for nothing, at most `limit`; gives how many.
    func prune(before moment: Int64, limit: Int) throws -> Int
}
