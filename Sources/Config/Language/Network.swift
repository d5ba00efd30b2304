import Glibc

/// Addresses, ranges and URLs, checked by their form.
enum Network {
    static func address(_ text: String) -> Result<String, Problem> {
        guard let colon = text.lastIndex(of: ":") else { return .failure(Problem(message: "the port is missing")) }
        let host = String(text[..<colon])
        let digits = text[text.index(after: colon)...]
        guard !digits.isEmpty, digits.utf8.allSatisfy(Ascii.isDigit), let port = UInt16(digits) else {
            return .failure(Problem(message: "the port is a number up to 65535"))
        }
        if host.isEmpty { return .success("0.0.0.0:\(port)") }
        if host.hasPrefix("["), host.hasSuffix("]") {
            return isIPv6(String(host.dropFirst().dropLast()))
                ? .success(text) : .failure(Problem(message: "there is no IPv6 address in the brackets"))
        }
        if host.contains(":") {
            return .failure(Problem(message: "an IPv6 address stands in brackets", suggestion: "write \"[\(host)]:\(port)\""))
        }
        return isHost(host) ? .success(text) : .failure(Problem(message: "the host is no name or address"))
    }

    static func range(_ text: String) -> Result<String, Problem> {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let first = parts.first, parts.count <= 2 else { return .failure(Problem(message: "it is no range of addresses")) }
        let bits = isIPv4(String(first)) ? 32 : isIPv6(String(first)) ? 128 : 0
        guard bits > 0 else { return .failure(Problem(message: "it is no range of addresses")) }
        guard parts.count == 2 else { return .success("\(text)/\(bits)") }
        guard parts[1].utf8.allSatisfy(Ascii.isDigit), let length = Int(parts[1]), length <= bits else {
            return .failure(Problem(message: "the prefix is a number from 0 to \(bits)"))
        }
        return .success(text)
    }

    struct URL {
        /// Without a trailing slash.
        var text: String
        var hasPath: Bool
    }

    static func url(_ text: String) -> Result<URL, Problem> {
        guard let scheme = ["http://", "https://"].first(where: text.hasPrefix) else {
            return .failure(Problem(message: "a URL begins with https:// or http://"))
        }
        guard text.utf8.allSatisfy({ (0x21..<0x7F).contains($0) }), !text.contains("\""), !text.contains("\\") else {
            return .failure(Problem(message: "the URL holds a space or another character that it cannot hold"))
        }
        guard !text.contains("?"), !text.contains("#") else {
            return .failure(Problem(message: "the URL has a query or a fragment"))
        }
        var rest = String(text.dropFirst(scheme.count))
        while rest.hasSuffix("/") { rest.removeLast() }
        let authority = String(rest.prefix { $0 != "/" })
        guard !authority.contains("@") else { return .failure(Problem(message: "the URL holds credentials")) }
        let afterBracket = authority.hasPrefix("[") ? authority.drop { $0 != "]" } : Substring(authority)
        let isWellFormed: Bool
        if afterBracket.contains(":") {
            if case .success = address(authority) { isWellFormed = !authority.hasPrefix(":") } else { isWellFormed = false }
        } else if authority.hasPrefix("["), authority.hasSuffix("]") {
            isWellFormed = isIPv6(String(authority.dropFirst().dropLast()))
        } else {
            isWellFormed = isHost(authority)
        }
        guard isWellFormed else { return .failure(Problem(message: "the URL has no valid host")) }
        return .success(URL(text: scheme + rest, hasPath: rest.contains("/")))
    }

    /// Whether the URL stays on its machine: `localhost` and what ends so (RFC 6761), 127.0.0.0/8, ::1.
    static func isLoopback(url: String) -> Bool {
        let authority = url.drop { $0 != "/" }.drop { $0 == "/" }.prefix { $0 != "/" }.lowercased()
        if authority.hasPrefix("[") { return authority.hasPrefix("[::1]") }
        let host = authority.prefix { $0 != ":" }
        return host == "localhost" || host.hasSuffix(".localhost") || host.hasPrefix("127.") && isIPv4(String(host))
    }

    static func host(_ text: String) -> Result<String, Problem> {
        isHost(text) ? .success(text) : .failure(Problem(message: "it is no host name", suggestion: "without scheme, port and path"))
    }

    /// A DNS name (RFC 1123) or IPv4 address.
    private static func isHost(_ host: String) -> Bool {
        !host.isEmpty && host.utf8.count <= 253
            && host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
                (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
                    && label.utf8.allSatisfy { Ascii.isLetter($0) || Ascii.isDigit($0) || $0 == UInt8(ascii: "-") }
            }
    }

    private static func isIPv4(_ text: String) -> Bool {
        var address = in_addr()
        return inet_pton(AF_INET, text, &address) == 1
    }

    private static func isIPv6(_ text: String) -> Bool {
        var address = in6_addr()
        return inet_pton(AF_INET6, text, &address) == 1
    }
}
