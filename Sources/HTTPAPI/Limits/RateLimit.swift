internal import Config
internal import Expressions
internal import Identity
internal import NIOHTTP1
internal import Records
internal import Synchronization

/// One declared rate: so many requests of an address, user or API key in a window, as a bucket that fills again steadily (07-edge).
final class RateLimit: Sendable {
    private struct Bucket {
        var tokens: Double
        /// Milliseconds since 1970.
        var filledAt: Int64
    }

    private let rate: Rate
    private let buckets = Mutex<[String: Bucket]>([:])
    /// Beyond it full buckets are dropped, then all: a flood of addresses must not fill the memory.
    private static let mostBuckets = 100_000

    init(_ rate: Rate) {
        self.rate = rate
    }

    /// What a refused request is told.
    struct Refusal: Error {
        /// Whole seconds until one more request would be admitted, at least 1.
        var retryAfter: Int
        var rate: Rate
    }

    /// Spends one request of this caller. Throws `Refusal` when nothing is left.
    func spend(_ caller: Caller) throws(Refusal) {
        let environment = caller.environment
        let key = subject(caller)
        let wait = buckets.withLock { buckets -> Double? in
            if buckets.count >= Self.mostBuckets, buckets[key] == nil { makeRoom(&buckets, now: environment.now) }
            let known = buckets[key]
            let tokens = known.map { fill($0, now: environment.now) } ?? Double(rate.burst)
            guard tokens >= 1 else {
                buckets[key] = Bucket(tokens: tokens, filledAt: environment.now)
                return (1 - tokens) * Double(rate.window) / Double(rate.count)
            }
            buckets[key] = Bucket(tokens: tokens - 1, filledAt: environment.now)
            return nil
        }
        if let wait { throw Refusal(retryAfter: max(1, Int((wait / 1_000).rounded(.up))), rate: rate) }
    }

    /// Of whom it is counted.
    private func subject(_ caller: Caller) -> String {
        if rate.scope == .key, let key = caller.key { return key.id }
        // Who has no account is counted by address (11-precisions 26).
        if rate.scope != .ip, let user = caller.environment.me?.id { return user }
        return ClientNetwork.of(caller.environment.request.ip)
    }

    private func fill(_ bucket: Bucket, now: Int64) -> Double {
        // A clock that was set back fills nothing.
        let elapsed = Double(max(0, now - bucket.filledAt))
        return min(Double(rate.burst), bucket.tokens + elapsed * Double(rate.count) / Double(rate.window))
    }

    private func makeRoom(_ buckets: inout [String: Bucket], now: Int64) {
        buckets = buckets.filter { fill($0.value, now: now) < Double(rate.burst) }
        if buckets.count >= Self.mostBuckets { buckets.removeAll(keepingCapacity: true) }
    }
}

extension Failure {
    init(_ refusal: RateLimit.Refusal) {
        self.init(
            status: .tooManyRequests, code: "RATE_LIMITED", message: "too many requests; try again in \(refusal.retryAfter) s",
            headers: [
                "retry-after": "\(refusal.retryAfter)",
                "ratelimit": "limit=\(refusal.rate.count), remaining=0, reset=\(refusal.retryAfter)",
            ])
    }
}
