package import Config
internal import Expressions
internal import JSON
package import Jobs
package import NIOCore
package import Outbound
package import Ports
package import Records
internal import Schema

/// `webhook.deliver`: one try of one delivery. What comes of it, and when it is tried again, is one commit with the log.
package struct DeliveryJob: JobHandler {
    /// What a delivery needs of the site now served.
    package struct Site: Sendable {
        var records: Records
        var webhooks: [WebhookDeclaration]
        /// For addresses that stand in records.
        var addresses: AddressGuard

        package init(records: Records, webhooks: [WebhookDeclaration], addresses: AddressGuard) {
            self.records = records
            self.webhooks = webhooks
            self.addresses = addresses
        }
    }

    private let current: @Sendable () -> Site
    private let client: OutboundClient
    private let random: any Random
    private let loop: any EventLoop

    package init(current: @escaping @Sendable () -> Site, client: OutboundClient, random: any Random, loop: any EventLoop) {
        self.current = current
        self.client = client
        self.random = random
        self.loop = loop
    }

    /// Where a delivery goes, and how it is signed.
    private struct Endpoint: Sendable {
        var url: String
        var secret: [UInt8]
        var addresses: AddressGuard?
    }

    private enum Try: Sendable {
        case delivered
        case failed(String)
        /// Not to be tried again: 410, or there is nobody to send it to.
        case ended(String, isGone: Bool = false)
    }

    package func run(_ job: RunningJob) async throws -> JobConclusion {
        let site = current()
        guard let id = (try? JSONParser.parse(job.job.payload))?["delivery"]?.string else {
            return .dead(error: "the job names no delivery")
        }
        let found = try await site.records.store.transaction(on: loop) { transaction -> (Delivery, Row?)? in
            guard let delivery = try transaction.ledgers.deliveries.delivery(id) else { return nil }
            return (delivery, try endpoint(of: delivery, site, transaction))
        }.get()
        guard let (delivery, row) = found, delivery.status == .pending else { return .done() }
        guard let webhook = site.webhooks.first(where: { $0.name == delivery.webhook }) else {
            return try await end(job, delivery, nil, url: nil, .ended("the file has no webhook '\(delivery.webhook)' any more"), site)
        }
        guard let endpoint = endpoint(webhook, row, site) else {
            return try await end(job, delivery, webhook, url: nil, .ended("the endpoint is gone or switched off"), site)
        }
        let outcome = try await send(delivery, to: endpoint, at: site.records.clock.now())
        return try await end(job, delivery, webhook, url: endpoint.url, outcome, site)
    }

    // MARK: Sending

    private func endpoint(of delivery: Delivery, _ site: Site, _ transaction: any Transaction) throws -> Row? {
        guard let id = delivery.endpoint, let webhook = site.webhooks.first(where: { $0.name == delivery.webhook }),
            case .each(let name) = webhook.receiver
        else { return nil }
        return try transaction.row(in: name.value, id: id)
    }

    /// Nil where it is gone or switched off.
    private func endpoint(_ webhook: WebhookDeclaration, _ row: Row?, _ site: Site) -> Endpoint? {
        switch webhook.receiver {
        case .fixed(let url, let secret): return secret.map { Endpoint(url: url, secret: $0.bytes) }
        case .each(let name):
            guard let row, let fields = site.records.schema.endpoints[name.value], case .text(let url) = row.values[fields.url],
                case .text(let secret) = row.values[fields.secret], fields.active.map({ row.values[$0] == .bool(true) }) ?? true
            else { return nil }
            let opened = site.records.unseal.flatMap { SealedSecret.opened(secret, by: $0) } ?? secret
            return Endpoint(url: url, secret: Array(opened.utf8), addresses: site.addresses)
        }
    }

    private func send(_ delivery: Delivery, to endpoint: Endpoint, at now: Int64) async throws -> Try {
        guard let signature = WebhookSignature(secret: endpoint.secret) else { return .ended("the secret of the webhook is no secret") }
        let body = Array(delivery.body.utf8)
        var request = OutboundRequest("POST", endpoint.url, body: [.bytes(body)], addresses: endpoint.addresses)
        request.headers = [("content-type", "application/json")] + signature.headers(id: delivery.id, second: now / 1_000, body: body)
        do {
            let status = try await client.send(request).status
            switch status {
            case 200..<300: return .delivered
            case 410: return .ended("it answered 410: nothing more is wanted", isGone: true)
            default: return .failed("it answered \(status)")
            }
        } catch let error as OutboundError {
            return .failed("\(error)")
        }
    }

    // MARK: Ending

    private func end(
        _ job: RunningJob, _ delivery: Delivery, _ webhook: WebhookDeclaration?, url: String?, _ outcome: Try, _ site: Site
    ) async throws -> JobConclusion {
        let now = site.records.clock.now()
        var delivery = delivery
        delivery.attempts = job.job.attempt
        (delivery.url, delivery.attemptedAt) = (url ?? delivery.url, now)
        let conclusion: JobOutcome
        var isOff = false
        switch outcome {
        case .delivered:
            (delivery.status, delivery.error, delivery.deliveredAt) = (.delivered, nil, now)
            conclusion = .done(result: nil)
        case .failed(let error):
            delivery.error = error
            delivery.failedAt = delivery.failedAt ?? now
            let delay = QueueOptions(backoff: webhook?.backoff ?? 5_000).delay(after: job.job.attempt, random: random)
            let isLast = job.job.attempt >= job.job.maxAttempts || now + delay > delivery.askedAt + (webhook?.giveUp ?? 0)
            if isLast { delivery.status = .failed }
            conclusion = .failed(error: error, retryAt: isLast ? nil : now + delay)
        case .ended(let error, let isGone):
            (delivery.status, delivery.error) = (.failed, error)
            isOff = isGone
            conclusion = .failed(error: error, retryAt: nil)
        }
        let (ended, endsEndpoint, limit) = (delivery, isOff, webhook?.disableAfter)
        try await site.records.end(job.claim, as: conclusion, on: loop) { writer, transaction in
            try transaction.ledgers.deliveries.update(ended)
            guard let endpoint = ended.endpoint else { return }
            let failing = try transaction.ledgers.deliveries.failingSince(endpoint: endpoint)
            let isTooLong = limit.flatMap { limit in failing.map { now - $0 >= limit } } ?? false
            if endsEndpoint || isTooLong { try switchOff(endpoint, webhook, site, writer) }
        }.get()
        return .finished
    }

    /// Nothing more is sent to an endpoint that wants nothing more, or has failed for too long.
    private func switchOff(_ endpoint: String, _ webhook: WebhookDeclaration?, _ site: Site, _ writer: RecordWriter) throws {
        guard case .each(let name)? = webhook?.receiver, let fields = site.records.schema.endpoints[name.value], let active = fields.active
        else { return }
        _ = try writer.set([active: .bool(false)], of: fields.collection, id: endpoint)
    }
}
