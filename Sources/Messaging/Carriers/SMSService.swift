internal import JSON
internal import Outbound

/// What the services of SMS have in common: a request over HTTP, and an answer that says yes, no, or nothing that can be believed.
struct SMSService: Sendable {
    let client: OutboundClient
    /// Milliseconds.
    var timeout: Int64 = 15_000

    /// The answer's JSON, where the request succeeded over HTTP. A 4xx is a definite no, everything else that is not 2xx says nothing.
    func ask(_ request: OutboundRequest, reason: (JSONValue) -> String?) async throws -> JSONValue {
        var request = request
        request.timeout = timeout
        let answer: OutboundAnswer
        do {
            answer = try await client.send(request)
        } catch let error as OutboundError {
            throw CarrierFailure(error.isDefinite ? .refused : .unknown, error.description)
        }
        let json = (try? JSONParser.parse(answer.body)) ?? .null
        switch answer.status {
        case 200..<300: return json
        case 400..<500:
            let why = reason(json).map { ": \($0)" } ?? ""
            throw CarrierFailure(.refused, "HTTP \(answer.status)\(why)".bounded(to: 300))
        default: throw CarrierFailure(.unknown, "HTTP \(answer.status)")
        }
    }

    /// A number of E.164 as services in Iran take it: `09…` for their own country, `00…` for others.
    static func local(_ number: String) -> String {
        if number.hasPrefix("+98") { return "0" + number.dropFirst(3) }
        return number.hasPrefix("+") ? "00" + number.dropFirst() : number
    }
}

extension String {
    /// The longest beginning of at most so many characters.
    func bounded(to count: Int) -> String { self.count > count ? String(prefix(count)) : self }
}
