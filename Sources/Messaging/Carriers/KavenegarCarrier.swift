internal import JSON
internal import Outbound
internal import Records

/// Kavenegar's REST API (https://kavenegar.com/rest.html), `/v1/{key}/{scope}/{method}.json` with a form: `sms/send` takes `receptor`, `message`,
/// `sender` and `localid`, and `verify/lookup`, for a registered pattern, `receptor`, `template` and the tokens. What counts is
/// `return.status`: 200, or an error code.
struct KavenegarCarrier: Carrier {
    let service: SMSService
    let key: String
    let line: String?
    let base: String

    var name: String { "kavenegar" }

    func carry(_ parcel: Parcel) async throws {
        let route = parcel.route
        var form = [("receptor", SMSService.local(route.to))]
        let method: String
        if let pattern = route.patterns["kavenegar"] {
            method = "verify/lookup"
            // It must be there, and may not hold white space: the service refuses what has none, which may as well go to the next.
            guard route.values.contains(where: { !$0.value.contains(where: \.isWhitespace) }) else {
                throw CarrierFailure(.refused, "a pattern needs a value without white space")
            }
            form += [("template", pattern)] + Self.tokens(route.values.map(\.value))
        } else {
            method = "sms/send"
            form += [("message", route.text), ("localid", "\(Self.number(parcel.id))")]
            if let line { form.append(("sender", line)) }
        }
        let request = OutboundRequest(
            "POST", "\(base)/v1/\(FormText.escaped(key))/\(method).json",
            headers: [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")],
            body: [.bytes(Array(FormText.encoded(form).utf8))])
        let answer = try await service.ask(request) { $0["return"]?["message"]?.string }
        guard let status = answer["return"]?["status"]?.integer else {
            throw CarrierFailure(.unknown, "an answer that cannot be read")
        }
        guard status == 200 else {
            let why = answer["return"]?["message"]?.string ?? ""
            throw CarrierFailure(.refused, "error \(status) \(why)".bounded(to: 300))
        }
    }

    /// The first three values without white space are `token`, `token2`, `token3`; the first two with some are `token10`, `token20`, which
    /// alone may hold it.
    static func tokens(_ values: [String]) -> [(String, String)] {
        let plain = values.filter { !$0.contains(where: \.isWhitespace) }
        let spaced = values.filter { $0.contains(where: \.isWhitespace) }
        return Array(zip(["token", "token2", "token3"], plain)) + Array(zip(["token10", "token20"], spaced))
    }

    /// `localid` is a number, and a message that bears it a second time is not sent again: the last 60 bits of the job's id.
    static func number(_ id: String) -> UInt64 {
        id.lowercased().unicodeScalars.reduce(0) { number, scalar in
            guard let digit = Character(scalar).hexDigitValue else { return number }
            return (number << 4 | UInt64(digit)) & (1 << 60 - 1)
        }
    }
}
