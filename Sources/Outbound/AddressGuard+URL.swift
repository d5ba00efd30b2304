internal import Glibc

extension AddressGuard {
    /// Whether the URL may be dialled as far as it says so itself: a host that is written as a number, in any spelling that the system
    /// takes, must be one that `admits`. What a name leads to shows when it is dialled. What has no host is not admitted.
    package func admits(url: String) -> Bool {
        guard let start = url.utf8.firstIndex(of: UInt8(ascii: ":")), url[start...].hasPrefix("://") else { return false }
        let authority = url[start...].dropFirst(3).prefix { !"/?#\\".contains($0) }
        var host = String(authority.split(separator: "@", omittingEmptySubsequences: false).last ?? "")
        if host.hasPrefix("[") {
            host = String(host.dropFirst().prefix { $0 != "]" })
        } else {
            host = String(host.prefix { $0 != ":" })
        }
        while host.hasSuffix(".") { host.removeLast() }
        guard !host.isEmpty else { return false }
        if host.lowercased() == "localhost" || host.lowercased().hasSuffix(".localhost") { return admitsLoopback }
        guard let address = Self.address(writtenAs: host) else { return true }
        return admits(address)
    }

    private var admitsLoopback: Bool {
        ["127.0.0.1", "::1"].compactMap { IPAddress(literal: $0) }.contains { admits($0) }
    }

    /// `127.1`, `0x7f000001` and `2130706433` are addresses as well (inet_aton(3)).
    private static func address(writtenAs host: String) -> IPAddress? {
        if let address = IPAddress(literal: String(host.prefix { $0 != "%" })) { return address }
        var four = in_addr()
        guard inet_aton(host, &four) == 1 else { return nil }
        return IPAddress(bytes: withUnsafeBytes(of: &four) { Array($0) })
    }
}
