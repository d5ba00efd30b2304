internal import JSON
internal import Outbound
internal import Records

/// Any service of SMS that takes a POST of JSON: `{to, from, text, template, values, id}`, the key as a bearer token, the id as
/// `Idempotency-Key` too. 2xx is yes, 4xx is no.
struct HTTPCarrier: Carrier {
    let service: SMSService
    let key: String?
    let line: String?
    let url: String

    var name: String { "http" }

    func carry(_ parcel: Parcel) async throws {
        let route = parcel.route
        let body: JSONValue = .object([
            "to": .string(route.to), "from": line.map { .string($0) } ?? .null, "text": .string(route.text),
            "template": route.patterns["http"].map { .string($0) } ?? .null,
            "values": .object(route.values.map { JSONMember(name: $0.name, value: .string($0.value)) }), "id": .string(parcel.id),
        ])
        var headers = [("Content-Type", "application/json"), ("Accept", "application/json"), ("Idempotency-Key", parcel.id)]
        if let key { headers.append(("Authorization", "Bearer \(key)")) }
        let request = OutboundRequest("POST", url, headers: headers.map { ($0.0, $0.1) }, body: [.bytes(Array(body.text.utf8))])
        _ = try await service.ask(request) { $0["message"]?.string ?? $0["error"]?.string }
    }
}
