import Glibc
import JSON
import NIOHTTP1
package import Testing

extension ExampleSite {
    /// A rate that no test reaches, for the routes of codes.
    package static let manyCodes = ["server.limits.auth.otp=100000/s per ip", "auth.otp.per_phone=1000/h"]

    /// Messages by SMS to a number, once there are so many. They leave by a job: asked for until they are there, for at most 60 s.
    package func texts(to number: String, count: Int) async throws -> [String] {
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            let texts = messages("sms").filter { $0["to"]?.string == number }.compactMap { $0["text"]?.string }
            if texts.count >= count { return texts }
            guard ContinuousClock.now < deadline else { throw NoText(to: number, all: messages("sms").map(\.text)) }
            try await Moment.passed(Moment.now + 20)
        }
    }

    /// The digits of the last of so many codes that were sent to a number.
    package func code(to number: String, count: Int) async throws -> String {
        String(
            (try await texts(to: number, count: count).last ?? "").unicodeScalars.filter { ("0"..."9").contains($0) }.map(Character.init))
    }

    /// Asks for a code; the id of its challenge.
    package func challenge(_ phone: String, sourceLocation: SourceLocation = #_sourceLocation) async throws -> String {
        let answer = try await anonymous.post("/auth/otp/request", ["phone": "\(phone)"], 200, sourceLocation: sourceLocation)
        return try #require(answer.text("challenge_id"), sourceLocation: sourceLocation)
    }

    /// No message by SMS was sent.
    struct NoText: Error {
        var to: String
        var all: [String]
    }
}
