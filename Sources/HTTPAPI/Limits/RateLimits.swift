internal import Config
internal import NIOHTTP1
internal import Schema

/// The declared rates by route, worked out once for each site.
struct RateLimits {
    private var byRoute: [String: RateLimit] = [:]
    /// Of `/auth/…`, whose names may stand for several routes.
    private var byPlace: [String: RateLimit] = [:]
    private let fallback: RateLimit?

    /// `server` are those of `[server.limits]`: `default`, `auth.login`, `tasks.create`.
    init(_ server: [LimitDeclaration], _ schema: Schema) {
        let named = Dictionary(server.map { ($0.name.value, $0.rate) }) { first, _ in first }
        fallback = named["default"].map { RateLimit($0) }
        func limit(_ name: String, _ own: Rate?, _ method: HTTPMethod, _ template: String) {
            guard let rate = own ?? named[name] else { return }
            byRoute["\(method.rawValue) \(template)"] = RateLimit(rate)
        }
        for collection in schema.collections {
            let base = "/api/v1/" + collection.path.joined(separator: "/")
            let item = base + "/{id}"
            let own = collection.behaviour.limits
            limit("\(collection.name).list", own["list"], .GET, base)
            limit("\(collection.name).read", own["read"], .GET, item)
            limit("\(collection.name).create", own["create"], .POST, base)
            limit("\(collection.name).update", own["update"], .PATCH, item)
            limit("\(collection.name).delete", own["delete"], .DELETE, item)
            for name in collection.behaviour.transitions.map(\.name) + collection.behaviour.actions.map(\.name) + ["restore"] {
                limit("\(collection.name).\(name)", own[name], .POST, "\(item)/\(name)")
            }
        }
        // Each code costs money, and each try is a guess (04-api, Identity).
        byPlace["/api/v1/auth/otp"] = RateLimit(Rate(count: 10, window: 60_000, scope: .ip))
        for (name, rate) in named where name.hasPrefix("auth.") {
            byPlace["/api/v1/" + name.split(separator: ".").joined(separator: "/")] = RateLimit(rate)
        }
    }

    /// The rate of a route, which stands in place of the default one.
    func limit(of method: HTTPMethod, _ template: String) -> RateLimit? {
        if template.hasPrefix("/api/v1/auth/"), let limit = place(template[...]) { return limit }
        return byRoute["\(method == .HEAD ? HTTPMethod.GET.rawValue : method.rawValue) \(template)"] ?? fallback
    }

    /// The rate of the nearest place: that of `auth.otp` is shared by `/auth/otp/request` and `/auth/otp/verify`.
    private func place(_ template: Substring) -> RateLimit? {
        if let limit = byPlace[String(template)] { return limit }
        guard let slash = template.lastIndex(of: "/") else { return nil }
        return place(template[..<slash])
    }
}
