import Glibc

/// An address, or a block of them in CIDR form (RFC 4632); IPv4 inside IPv6 (`::ffff:0:0/96`) counts as IPv4.
package struct Network: Sendable, Equatable {
    private var prefix: [UInt8]
    private var bits: Int

    /// `nil` unless the text is an address with an optional `/length` that fits its family.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let bytes = IPAddress.bytes(String(first)) else { return nil }
        var length = bytes.count * 8
        if parts.count == 2 {
            guard let given = Int(parts[1]), given >= 0, parts[1].utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
            // "::ffff:10.0.0.0/104" was folded into four bytes
            let folded = bytes.count == 4 && first.contains(":")
            let fitted = folded ? given - 96 : given
            guard fitted >= 0, fitted <= length else { return nil }
            length = fitted
        }
        prefix = bytes
        bits = length
    }

    package func contains(_ address: [UInt8]) -> Bool {
        guard address.count == prefix.count else { return false }
        let whole = bits / 8
        for index in 0..<whole where address[index] != prefix[index] { return false }
        let rest = bits % 8
        guard rest > 0, whole < prefix.count else { return true }
        let mask = UInt8(truncatingIfNeeded: 0xFF << (8 - rest))
        return address[whole] & mask == prefix[whole] & mask
    }
}

/// Addresses in network byte order: four bytes or sixteen.
enum IPAddress {
    /// `nil` unless the text is an IPv4 or IPv6 address without port, zone or brackets.
    static func bytes(_ text: String) -> [UInt8]? {
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 { return withUnsafeBytes(of: four) { Array($0) } }
        var sixteen = in6_addr()
        guard inet_pton(AF_INET6, text, &sixteen) == 1 else { return nil }
        let bytes = withUnsafeBytes(of: sixteen) { Array($0) }
        let isMapped = bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
        return isMapped ? Array(bytes.suffix(4)) : bytes
    }

    /// The usual text (RFC 5952 for IPv6) of four or sixteen bytes.
    static func text(_ bytes: [UInt8]) -> String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        guard bytes.count == 4 || bytes.count == 16, inet_ntop(family, bytes, &text, socklen_t(text.count)) != nil else { return "" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// Finds the client behind proxies that are believed.
enum ForwardedFor {
    /// The rightmost hop that is no trusted proxy; a hop that is no address ends the search at the last good one.
    /// `values` are the field's lines in order; `peer` is the other end of the connection, already known to be trusted.
    static func client(values: [String], peer: String, trusted: [Network]) -> String {
        var best = peer
        for value in values.reversed() {
            for hop in value.split(separator: ",", omittingEmptySubsequences: false).reversed() {
                guard let address = address(hop) else { return best }
                best = IPAddress.text(address)
                if !trusted.contains(where: { $0.contains(address) }) { return best }
            }
        }
        return best
    }

    /// Some proxies add a port or brackets: `192.0.2.1:4711`, `[2001:db8::1]:4711`.
    private static func address(_ hop: Substring) -> [UInt8]? {
        var text = hop.drop { $0 == " " || $0 == "\t" }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        guard text.utf8.count <= 64 else { return nil }
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { return nil }
            return IPAddress.bytes(String(text[text.index(after: text.startIndex)..<end]))
        }
        if text.utf8.filter({ $0 == UInt8(ascii: ":") }).count == 1, let colon = text.firstIndex(of: ":") {
            text = text[..<colon]
        }
        return IPAddress.bytes(String(text))
    }
}
