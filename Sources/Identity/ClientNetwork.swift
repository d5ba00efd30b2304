internal import Ports

/// Whose an address counts as, where tries or requests are counted.
package enum ClientNetwork {
    /// An IPv4 address is itself. A customer of IPv6 holds at least a /64 (RFC 6177): its addresses count as one.
    package static func of(_ address: String) -> String {
        guard address.contains(":"), !address.contains(".") else { return address }
        let halves = address.components(separatedByDouble: ":")
        let head = halves.0.split(separator: ":")
        let tail = halves.1.map { $0.split(separator: ":").count } ?? 0
        let zeros = Array(repeating: Substring("0"), count: max(0, 8 - head.count - tail))
        return (head + zeros).prefix(4).joined(separator: ":") + "::/64"
    }

    /// The address's network where one of these sessions is from there; else empty, as that of strangers.
    static func known(_ address: String, by sessions: [Session]) -> String {
        let network = of(address)
        return sessions.contains { of($0.address) == network } ? network : ""
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
