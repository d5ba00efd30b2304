internal import Edge
internal import JSON
package import NIOCore
package import Records
internal import NIOHTTP1
package import Schema

/// Puts a caller into the tenant that his request is about.
package struct TenantPlacement: Sendable {
    let header: String?
    private let query: String?
    private let place: @Sendable (Caller, String?, any EventLoop) -> ResolvedCaller

    /// `place` gives the caller with his tenant and membership; the text is the tenant's id or lookup where the request names one.
    package init(_ tenancy: Tenancy, place: @escaping @Sendable (Caller, String?, any EventLoop) -> ResolvedCaller) {
        header = tenancy.header
        query = tenancy.query
        self.place = place
    }

    /// The tenant's name, taken out of the query, where no route expects it. The header goes before the query.
    func name(in request: inout Request) -> String? {
        let named = taken(from: &request)
        if let header, let value = request.headers.first(name: header), !value.isEmpty { return value }
        return named
    }

    private func taken(from request: inout Request) -> String? {
        guard let query, request.query.utf8.count >= query.utf8.count, let parsed = try? Query(request.query, several: { $0 != query }),
            let value = parsed[query]
        else { return nil }
        request.query = request.query.split(separator: "&").filter { $0.prefix { $0 != "=" } != query }.joined(separator: "&")
        return value.isEmpty ? nil : value
    }

    /// What requests may say, as OpenAPI has it.
    var described: [JSONValue] {
        let about = "the tenant that the request is about: its id or lookup"
        return [
            header.map { OpenAPIDocument.parameter($0, in: "header", ["type": "string"], about: about) },
            query.map { OpenAPIDocument.parameter($0, in: "query", ["type": "string"], about: about) },
        ].compactMap { $0 }
    }

    func placed(_ caller: Caller, named: String?, on loop: any EventLoop) -> ResolvedCaller { place(caller, named, loop) }
}
