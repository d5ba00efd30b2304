package import Config
package import Edge
internal import Identity
package import NIOHTTP1

/// Tokens in cookies: where they stand, and from which pages requests may bring them.
///
/// Of a site that people reach by HTTPS (`app.base_url`) they are `__Host-` and `Secure` (RFC 6265bis), which no neighbour can set and no plain
/// connection can carry; of any other neither would work. Scripts see neither, and other sites send them with navigation alone
/// (`SameSite=Lax`); a request that changes something must moreover come from a page of this site.
package struct SessionCookies: Sendable {
    package let accessName: String
    private let refreshName: String
    private let attributes: String
    /// Seconds.
    private let accessLifetime: Int64
    private let refreshLifetime: Int64
    /// Whose pages are this site's.
    let origins: Set<String>
    /// From which pages, for whoever came from another: no secret, since they are what people see in their browsers.
    package let pages: String

    package init(_ auth: Auth, baseURL: String, siteURL: String) {
        let isSecure = baseURL.lowercased().hasPrefix("https:")
        let prefix = isSecure ? "__Host-" : ""
        accessName = prefix + "atlas_access"
        refreshName = prefix + "atlas_refresh"
        attributes = "; Path=/; HttpOnly; SameSite=Lax" + (isSecure ? "; Secure" : "")
        accessLifetime = max(1, auth.accessTTL / 1_000)
        refreshLifetime = max(1, auth.refreshTTL / 1_000)
        origins = Set([baseURL, siteURL].map(Self.origin))
        pages = "\(origins.sorted().joined(separator: " or ")) (app.base_url and app.site_url say which)"
    }

    // MARK: Reading

    package func accessToken(in headers: HTTPHeaders) -> String? { Self.value(of: accessName, in: headers) }

    func refreshToken(in headers: HTTPHeaders) -> String? { Self.value(of: refreshName, in: headers) }

    /// The first cookie of that name (RFC 6265 section 4.2.1).
    static func value(of name: String, in headers: HTTPHeaders) -> String? {
        for header in headers["cookie"] {
            for pair in header.split(separator: ";") {
                let pair = pair.drop { $0 == " " }
                guard pair.utf8.count > name.utf8.count + 1, pair.hasPrefix(name), pair.dropFirst(name.count).first == "=" else { continue }
                return String(pair.dropFirst(name.count + 1))
            }
        }
        return nil
    }

    /// Whether a request that brings cookies may do what it asks: reading may come from anywhere, the rest from pages of this site alone.
    ///
    /// Browsers name the page's origin with everything but GET and HEAD; where they do not, `Sec-Fetch-Site` tells. What sends neither is no browser.
    package func admits(_ request: Request) -> Bool {
        request.method == .GET || request.method == .HEAD || isOwn(request)
    }

    /// Whether the request comes from a page of this site, or from no page at all.
    func isOwn(_ request: Request) -> Bool {
        guard let origin = request.headers.first(name: "origin") else {
            switch request.headers.first(name: "sec-fetch-site") {
            case nil, "same-origin", "none": return true
            default: return false
            }
        }
        if origins.contains(origin) { return true }
        // The name under which the browser reached this very server; a foreign page cannot choose it.
        guard let host = request.headers.first(name: "host")?.lowercased() else { return false }
        if origin == "https://\(host)" { return true }
        // Of a site that is reached by HTTPS a plain page is whoever stands between.
        return origin == "http://\(host)" && !origins.contains("https://\(host)")
    }

    /// Scheme, host and port of a URL, as browsers write them (RFC 6454 section 6.2).
    static func origin(_ url: String) -> String {
        let parts = url.lowercased().split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count >= 3, parts[1].isEmpty else { return url }
        let isDefault = parts[0] == "https:" && parts[2].hasSuffix(":443") || parts[0] == "http:" && parts[2].hasSuffix(":80")
        let host = isDefault ? parts[2].prefix { $0 != ":" } : parts[2]
        return "\(parts[0])//\(host)"
    }

    // MARK: Writing

    func set(_ signedIn: SignedIn, in headers: inout HTTPHeaders) {
        headers.add(name: "set-cookie", value: "\(accessName)=\(signedIn.accessToken); Max-Age=\(accessLifetime)\(attributes)")
        headers.add(name: "set-cookie", value: "\(refreshName)=\(signedIn.refreshToken); Max-Age=\(refreshLifetime)\(attributes)")
    }

    func clear(in headers: inout HTTPHeaders) {
        for name in [accessName, refreshName] { headers.add(name: "set-cookie", value: "\(name)=; Max-Age=0\(attributes)") }
    }
}
