internal import Edge
internal import NIOCore
internal import NIOHTTP1

/// Browsers of other sites (the CORS protocol of the Fetch standard). Only origins of `server.cors` are let in; none by default.
enum CrossOrigin {
    /// What requests to Atlas may carry beyond what every page may send.
    private static let headers = ["authorization", "content-type", "if-match", "if-none-match", "idempotency-key", "last-event-id"]

    /// `tenantHeader` is what requests name their tenant by, if they do so in a header.
    static func preflight(_ request: Request, allowed: [String], tenantHeader: String?) -> Response? {
        guard request.headers.contains(name: "access-control-request-method"), let origin = origin(of: request, allowed) else {
            return nil
        }
        return Response(
            status: .noContent,
            headers: [
                "access-control-allow-origin": origin, "vary": "Origin",
                "access-control-allow-methods": "GET, POST, PATCH, PUT, DELETE",
                "access-control-allow-headers": (headers + [tenantHeader].compactMap(\.self)).joined(separator: ", "),
                "access-control-max-age": "600",
            ])
    }

    /// Lets a browser of an allowed origin read the answer.
    static func mark(_ intake: Intake, _ request: Request, allowed: [String]) -> Intake {
        guard let origin = origin(of: request, allowed) else { return intake }
        switch intake {
        case .respond(let future): return .respond(future.map { mark($0, origin) })
        case .collect(let limit, let body): return .collect(limit: limit) { body($0).map { mark($0, origin) } }
        case .stream: return intake
        }
    }

    private static func mark(_ response: Response, _ origin: String) -> Response {
        var response = response
        response.headers.replaceOrAdd(name: "access-control-allow-origin", value: origin)
        response.headers.add(name: "vary", value: "Origin")
        response.headers.replaceOrAdd(name: "access-control-expose-headers", value: "etag, location, x-request-id, retry-after")
        return response
    }

    private static func origin(of request: Request, _ allowed: [String]) -> String? {
        guard !allowed.isEmpty, let origin = request.headers.first(name: "origin"), allowed.contains(origin) else { return nil }
        return origin
    }
}
