internal import JSON
internal import Outbound
internal import Records

/// SMS.ir's REST API, version 1 (https://sms.ir/developer-web-service/rest-api/, https://apidocs.sms.ir), JSON with the key as `X-API-KEY`:
/// `send/bulk` takes `lineNumber`, `messageText`, `mobiles` and `sendDateTime` (null: now), and `send/verify`, for a registered pattern, `mobile`,
/// `templateId` and `parameters` of `name` and `value`. What counts is `status`: 1, or an error code, with HTTP 400, 401, 429 or 500.
struct SMSIRCarrier: Carrier {
    let service: SMSService
    let key: String
    let line: String?
    let base: String

    var name: String { "smsir" }

    func carry(_ parcel: Parcel) async throws {
        let route = parcel.route
        let number = SMSService.local(route.to)
        let method: String
        let body: JSONValue
        if let pattern = route.patterns["smsir"] {
            method = "verify"
            body = .object([
                "mobile": .string(number), "templateId": Int64(pattern).map { .integer($0) } ?? .string(pattern),
                "parameters": .array(
                    route.values.map { .object(["name": .string($0.name.uppercased()), "value": .string($0.value)]) }),
            ])
        } else {
            method = "bulk"
            guard let line else { throw CarrierFailure(.refused, "a text without a pattern needs 'line'") }
            body = .object([
                "lineNumber": Int64(line).map { .integer($0) } ?? .string(line), "messageText": .string(route.text),
                "mobiles": .array([.string(number)]), "sendDateTime": .null,
            ])
        }
        let request = OutboundRequest(
            "POST", "\(base)/v1/send/\(method)",
            headers: [("Content-Type", "application/json"), ("Accept", "application/json"), ("X-API-KEY", key)],
            body: [.bytes(Array(body.text.utf8))])
        let answer = try await service.ask(request) { $0["message"]?.string }
        guard let status = answer["status"]?.integer else { throw CarrierFailure(.unknown, "an answer that cannot be read") }
        guard status == 1 else {
            throw CarrierFailure(.refused, "error \(status) \(answer["message"]?.string ?? "")".bounded(to: 300))
        }
    }
}
