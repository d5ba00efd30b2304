/// Keeps requests whose address comes from data away from what only this machine and its neighbours can reach (SSRF).
///
/// It is asked about the very address that is about to be dialled, after resolution: a name that changes its mind meanwhile changes nothing.
package struct AddressGuard: Sendable {
    private let allowed: [AddressRange]

    /// - Parameter allowed: ranges that may be dialled though they are private (`server.allow_private`), as `10.0.0.0/8` or one address; what
    ///   is none is left out.
    package init(allowing allowed: [String] = []) {
        self.allowed = allowed.compactMap { AddressRange($0) }
    }

    /// Whether that address may be dialled.
    package func admits(_ address: IPAddress) -> Bool {
        if allowed.contains(where: { $0.contains(address) }) { return true }
        if let inner = address.embedded { return admits(inner) }
        return address.isPublic
    }
}

/// An address of IPv4 or IPv6.
package struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    /// 4 or 16, the most significant first.
    package let bytes: [UInt8]

    /// Nil for another number of bytes.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    package var description: String {
        if bytes.count == 4 { return bytes.map { "\($0)" }.joined(separator: ".") }
        return stride(from: 0, to: 16, by: 2).map { String(UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]), radix: 16) }
            .joined(separator: ":")
    }

    /// The IPv4 address that this one of IPv6 leads to: mapped (RFC 4291), or through a translator (NAT64, RFC 6052).
    var embedded: IPAddress? {
        guard bytes.count == 16, Self.embedding.contains(where: { $0.contains(self) }) else { return nil }
        return IPAddress(bytes: Array(bytes[12...]))
    }

    /// Whether it is an address of the internet's at large (IANA's registries of special addresses).
    var isPublic: Bool {
        if bytes.count == 4 { return !Self.special4.contains { $0.contains(self) } }
        // 2000::/3 is all that is given out.
        return bytes[0] & 0xE0 == 0x20 && !Self.special6.contains { $0.contains(self) }
    }

    private static let embedding = ["::ffff:0:0/96", "64:ff9b::/96"].compactMap { AddressRange($0) }

    private static let special4 = [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
        "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    ].compactMap { AddressRange($0) }

    /// Of 2000::/3: protocols and Teredo, documentation, 6to4, whose addresses hold another one.
    private static let special6 = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"].compactMap { AddressRange($0) }
}

/// `10.0.0.0/8`, `fc00::/7`, or one address.
struct AddressRange: Sendable {
    private let bytes: [UInt8]
    private let length: Int

    init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(literal: String(parts[0])) else { return nil }
        bytes = address.bytes
        guard parts.count == 2 else {
            length = bytes.count * 8
            return
        }
        guard let bits = Int(parts[1]), (0...bytes.count * 8).contains(bits) else { return nil }
        length = bits
    }

    func contains(_ address: IPAddress) -> Bool {
        guard address.bytes.count == bytes.count else { return false }
        for index in 0..<bytes.count {
            let bits = min(8, length - index * 8)
            if bits <= 0 { return true }
            let mask = UInt8(truncatingIfNeeded: 0xFF00 >> bits)
            if (address.bytes[index] ^ bytes[index]) & mask != 0 { return false }
        }
        return true
    }
}
