internal import Edge
internal import NIOCore
internal import NIOHTTP1

/// Browsers of other origins (the CORS protocol of the Fetch standard): those of `server.cors` are let in, none by default. Pages of this site that
/// live elsewhere than the API (`app.site_url`) may moreover bring their cookies, where tokens are in cookies.
struct CrossOrigin: Sendable {
    /// What requests to Atlas may carry beyond what every page may send.
    private static let headers = ["authorization", "content-type", "if-match", "if-none-match", "idempotency-key", "last-event-id"]

    private let allowed: Set<String>
    private let own: Set<String>
    private let headers: String

    /// `own` are the origins whose pages may bring cookies; `tenantHeader` is what requests name their tenant by, if they do so in a header.
    init(allowed: [String], own: Set<String>, tenantHeader: String?) {
        self.allowed = own.union(allowed)
        self.own = own
        headers = (Self.headers + [tenantHeader].compactMap(\.self)).joined(separator: ", ")
    }

    func preflight(_ request: Request) -> Response? {
        guard request.headers.contains(name: "access-control-request-method"), let origin = origin(of: request) else { return nil }
        var response = Response(
            status: .noContent,
            headers: [
                "vary": "Origin", "access-control-allow-methods": "GET, POST, PATCH, PUT, DELETE", "access-control-allow-headers": headers,
                "access-control-max-age": "600",
            ])
        admit(origin, to: &response)
        return response
    }

    /// Lets a browser of an allowed origin read the answer.
    func mark(_ intake: Intake, _ request: Request) -> Intake {
        guard let origin = origin(of: request) else { return intake }
        switch intake {
        case .respond(let future): return .respond(future.map { mark($0, origin) })
        case .collect(let limit, let body): return .collect(limit: limit) { body($0).map { mark($0, origin) } }
        case .stream: return intake
        }
    }

    private func mark(_ response: Response, _ origin: String) -> Response {
        var response = response
        admit(origin, to: &response)
        response.headers.add(name: "vary", value: "Origin")
        response.headers.replaceOrAdd(name: "access-control-expose-headers", value: "etag, location, x-request-id, retry-after")
        return response
    }

    private func admit(_ origin: String, to response: inout Response) {
        response.headers.replaceOrAdd(name: "access-control-allow-origin", value: origin)
        if own.contains(origin) { response.headers.replaceOrAdd(name: "access-control-allow-credentials", value: "true") }
    }

    private func origin(of request: Request) -> String? {
        guard !allowed.isEmpty, let origin = request.headers.first(name: "origin"), allowed.contains(origin) else { return nil }
        return origin
    }
}
