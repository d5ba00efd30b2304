package import Ports
internal import Synchronization

/// Failed logins, counted per account and per address in a sliding window (09-security: 5 and 20 per 15 min). Bounded; forgets by itself,
/// so that nobody can lock another out for ever.
package final class LoginThrottle: Sendable {
    private let clock: any Clock
    private let perAccount: Int
    private let perAddress: Int
    private let window: Int64
    /// Moments of failures, oldest first, by "a:<account>" and "i:<address>".
    private let failures = Mutex<[String: [Int64]]>([:])
    private static let limit = 100_000

    /// `window` in milliseconds.
    package init(clock: any Clock, perAccount: Int, perAddress: Int, window: Int64) {
        self.clock = clock
        self.perAccount = perAccount
        self.perAddress = perAddress
        self.window = window
    }

    /// Seconds to wait before another try; nil: go on.
    package func wait(account: String, address: String) -> Int64? {
        let now = clock.now()
        return failures.withLock { failures in
            let waits = [("a:" + account, perAccount), ("i:" + Self.network(address), perAddress)].compactMap { key, limit -> Int64? in
                let recent = (failures[key] ?? []).filter { $0 > now - window }
                failures[key] = recent.isEmpty ? nil : recent
                guard recent.count >= limit else { return nil }
                return recent[recent.count - limit] + window - now
            }
            return waits.max().map { max(1, ($0 + 999) / 1_000) }
        }
    }

    package func failed(account: String, address: String) {
        let now = clock.now()
        failures.withLock { failures in
            if failures.count >= Self.limit { failures = failures.filter { ($0.value.last ?? 0) > now - window } }
            // Under a flood from everywhere, counting afresh is better than growing without bound.
            if failures.count >= Self.limit { failures.removeAll() }
            failures["a:" + account, default: []].append(now)
            failures["i:" + Self.network(address), default: []].append(now)
        }
    }

    package func succeeded(account: String) {
        failures.withLock { $0["a:" + account] = nil }
    }

    /// An IPv6 customer holds at least a /64: its addresses count as one.
    static func network(_ address: String) -> String {
        guard address.contains(":"), !address.contains(".") else { return address }
        let halves = address.components(separatedByDouble: ":")
        let head = halves.0.split(separator: ":")
        let tail = halves.1.map { $0.split(separator: ":").count } ?? 0
        let zeros = Array(repeating: Substring("0"), count: max(0, 8 - head.count - tail))
        return (head + zeros).prefix(4).joined(separator: ":") + "::/64"
    }
}

extension String {
    /// What stands before and after `::`.
    fileprivate func components(separatedByDouble mark: Character) -> (Substring, Substring?) {
        var previous: Character?
        for index in indices {
            if self[index] == mark, previous == mark {
                return (self[..<self.index(before: index)], self[self.index(after: index)...])
            }
            previous = self[index]
        }
        return (self[...], nil)
    }
}
