internal import Edge
internal import Identity
internal import JSON
internal import NIOHTTP1

/// `{removed, kept}`: which other ways into the account a proof of its address has ended, and which are open still.
enum WaysInAnswer {
    static func response(_ account: WaysIn.Account, to call: Call) -> Response {
        func names(_ ways: Set<WaysIn.Way>) -> JSONValue {
            .array(WaysIn.Way.allCases.filter(ways.contains).map { .string($0.rawValue) })
        }
        var response = Envelope.success(
            ["removed": names(account.removed), "kept": names(account.kept)], requestID: call.request.id)
        response.headers.replaceOrAdd(name: "cache-control", value: "no-store")
        return response
    }

    /// For OpenAPI.
    static func success(_ about: String) -> JSONMember {
        let ways: JSONValue = ["type": "array", "items": ["enum": .array(WaysIn.Way.allCases.map { .string($0.rawValue) })]]
        return OpenAPIDocument.success(
            "200", about + "; which other ways into the account have ended by it, and which are open still",
            data: [
                "type": "object", "additionalProperties": false, "required": ["removed", "kept"],
                "properties": ["removed": ways, "kept": ways],
            ])
    }
}
