internal import Edge
internal import NIOHTTP1

/// A request that found its route.
struct Call: Sendable {
    var request: Request
    /// The values of the template's `{…}`, in order.
    var parameters: [String]
    var route: Route
    /// What header or query say about the tenant: its id or lookup.
    var tenant: String?
}

/// One operation of the API.
struct Route: Sendable {
    var method: HTTPMethod
    /// As in OpenAPI: `/api/v1/posts/{id}`.
    var template: String
    var answer: @Sendable (Call) -> Intake
    /// How often it may be asked.
    var limit: RateLimit?
}

/// All routes as a trie over path segments, built once per site. Literal segments win over parameters.
struct RouteTable: Sendable {
    private struct Node: Sendable {
        var literals: [String: Int] = [:]
        var parameter: Int?
        var routes: [(method: HTTPMethod, route: Route)] = []
    }

    enum Match {
        case found(Route, parameters: [String])
        /// The path exists, with these methods.
        case wrongMethod(allowed: [HTTPMethod])
        case notFound
    }

    private var nodes = [Node()]

    /// Gives every route its rate.
    mutating func limit(by limits: RateLimits) {
        for node in nodes.indices {
            for index in nodes[node].routes.indices {
                let route = nodes[node].routes[index].route
                guard route.template.hasPrefix("/api/") else { continue }
                nodes[node].routes[index].route.limit = limits.limit(of: route.method, route.template)
            }
        }
    }

    mutating func add(_ method: HTTPMethod, _ template: String, _ answer: @escaping @Sendable (Call) -> Intake) {
        var node = 0
        for segment in template.split(separator: "/") {
            let existing = segment.hasPrefix("{") ? nodes[node].parameter : nodes[node].literals[String(segment)]
            if let existing {
                node = existing
                continue
            }
            nodes.append(Node())
            if segment.hasPrefix("{") {
                nodes[node].parameter = nodes.count - 1
            } else {
                nodes[node].literals[String(segment)] = nodes.count - 1
            }
            node = nodes.count - 1
        }
        nodes[node].routes.append((method, Route(method: method, template: template, answer: answer)))
    }

    func match(_ method: HTTPMethod, _ path: [String]) -> Match {
        var parameters: [String] = []
        guard let node = find(path[...], from: 0, &parameters), !nodes[node].routes.isEmpty else { return .notFound }
        // HEAD is GET without a body (RFC 9110 section 9.3.2); the edge leaves the body out.
        let wanted = method == .HEAD ? .GET : method
        for (method, route) in nodes[node].routes where method == wanted { return .found(route, parameters: parameters) }
        var allowed = nodes[node].routes.map(\.method)
        if allowed.contains(.GET) { allowed.append(.HEAD) }
        return .wrongMethod(allowed: allowed)
    }

    private func find(_ path: ArraySlice<String>, from node: Int, _ parameters: inout [String]) -> Int? {
        guard let segment = path.first else { return node }
        if let next = nodes[node].literals[segment] {
            let count = parameters.count
            if let found = find(path.dropFirst(), from: next, &parameters), !nodes[found].routes.isEmpty { return found }
            parameters.removeLast(parameters.count - count)
        }
        guard let next = nodes[node].parameter, !segment.isEmpty else { return nil }
        parameters.append(segment)
        return find(path.dropFirst(), from: next, &parameters)
    }
}
