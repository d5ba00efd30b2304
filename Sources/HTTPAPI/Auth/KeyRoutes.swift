internal import Edge
internal import Identity
internal import JSON
internal import NIOCore
internal import NIOHTTP1

/// The public keys of access tokens, for whoever else wants to verify them (RFC 7517).
struct KeyRoutes: Sendable {
    private let context: APIContext
    private let keys: SigningKeys

    init(_ context: APIContext, _ keys: SigningKeys) {
        self.context = context
        self.keys = keys
    }

    func add(to routes: inout RouteTable, describing document: inout OpenAPIDocument) {
        routes.add(.GET, "/.well-known/jwks.json", list)
        let key: JSONValue = [
            "type": "object", "additionalProperties": false, "required": ["kty", "crv", "x", "kid", "alg", "use"],
            "properties": [
                "kty": ["const": "OKP"], "crv": ["const": "Ed25519"], "x": ["type": "string"], "kid": ["type": "string"],
                "alg": ["const": "EdDSA"], "use": ["const": "sig"],
            ],
        ]
        let set: JSONValue = [
            "type": "object", "additionalProperties": false, "required": ["keys"],
            "properties": ["keys": ["type": "array", "items": key]],
        ]
        document.add(
            .GET, "/.well-known/jwks.json",
            .init(
                id: "getSigningKeys", summary: "Public keys of access tokens", tag: "auth",
                successes: [
                    JSONMember(
                        name: "200",
                        value: ["description": "a JWK Set", "content": ["application/jwk-set+json": ["schema": set]]])
                ]))
    }

    @Sendable private func list(_ call: Call) -> Intake {
        context.refuseQuery(call)
            ?? .respond(
                context.finish(
                    call,
                    call.request.eventLoop.makeSucceededFuture(())
                        .map { answer() }))
    }

    private func answer() -> Response {
        var buffer = ByteBuffer()
        let members: [JSONValue] = keys.published.map {
            ["kty": "OKP", "crv": "Ed25519", "x": .string($0.x), "kid": .string($0.id), "alg": "EdDSA", "use": "sig"]
        }
        buffer.writeJSON(["keys": .array(members)])
        // Shorter than a token lives: a key is known to everybody who asks before its first token has expired.
        return Response(
            status: .ok, headers: ["content-type": "application/jwk-set+json", "cache-control": "public, max-age=300"], body: .bytes(buffer)
        )
    }
}
