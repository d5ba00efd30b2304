import Crypto
import Glibc
import Harness
import JSON
import NIOHTTP1
import Testing

@Suite("A second factor by an authenticator")
struct AuthenticatorScenarios {
    private static let settings = ["auth.totp=true"]

    /// What an authenticator does (RFC 6238), never showing one code twice.
    private final class Authenticator {
        private let key: SymmetricKey
        private var last: Int = 0

        init(_ secret: String) {
            var bytes: [UInt8] = []
            var (buffer, bits) = (0, 0)
            for character in secret.utf8 {
                let value = Int(character) - (character >= UInt8(ascii: "A") ? Int(UInt8(ascii: "A")) : Int(UInt8(ascii: "2")) - 26)
                (buffer, bits) = ((buffer << 5 | value) & 0xFFFF, bits + 5)
                guard bits >= 8 else { continue }
                bits -= 8
                bytes.append(UInt8(buffer >> bits & 0xFF))
            }
            key = SymmetricKey(data: bytes)
        }

        /// Of the earliest step that is good and was not used.
        func next() -> String {
            last = max(last + 1, time(nil) / 30 - 1)
            let message = withUnsafeBytes(of: UInt64(last).bigEndian) { Array($0) }
            let digest = Array(HMAC<Insecure.SHA1>.authenticationCode(for: message, using: key))
            let offset = Int(digest[19] & 15)
            let number = digest[offset..<(offset + 4)].reduce(0) { $0 << 8 | Int($1) } & 0x7FFF_FFFF
            let text = "\(number % 1_000_000)"
            return String(repeating: "0", count: 6 - text.count) + text
        }
    }

    private struct Person {
        var client: Client
        var authenticator: Authenticator
        var secret: String
        var recovery: [String]

        init(_ site: ExampleSite, _ name: String) async throws {
            client = try await site.caller(.plain, name)
            let setup = try await client.post("/auth/totp/setup", nil, 200)
            secret = try #require(setup.text("secret"))
            #expect(secret.utf8.count == 32 && setup.text("otpauth_url")?.contains(secret) == true)
            authenticator = Authenticator(secret)
            let confirmed = try await client.post("/auth/totp/confirm", ["code": "\(authenticator.next())"], 200)
            recovery = confirmed["recovery_codes"].array?.compactMap(\.string) ?? []
            #expect(Set(recovery).count == 10)
        }

        func challenge() async throws -> String {
            let body: JSONValue = ["email": "\(client.caller?.email ?? "")", "password": "\(ExampleSite.password)"]
            let half = try await Client(api: client.api, caller: nil).post("/auth/login", body, 200, has: ["totp_required": true])
            #expect(half.data.names == ["totp_required", "challenge_id", "expires_in"])
            return half.text("challenge_id") ?? ""
        }
    }

    private func answer(_ challenge: String, _ code: String) -> JSONValue { ["challenge_id": "\(challenge)", "code": "\(code)"] }

    /// How fifty at once are answered.
    private func race(_ client: Client, _ path: String, _ body: JSONValue) async throws -> [Int: Int] {
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<50 { group.addTask { try await client.tries(.POST, path, body).status } }
            return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }
    }

    @Test("Set up, confirmed, asked for at login; a code is good once, also of fifty at once")
    func codes() async throws {
        try await ExampleSite.run(.orders, settings: Self.settings) { site in
            let anon = site.anonymous
            try await anon.post("/auth/totp/setup", nil, 401)
            let uma = try await site.caller(.plain, "Uma")
            try await uma.post("/auth/totp/confirm", ["code": "123456"], 409)
            try await uma.post("/auth/totp/setup", [:], 200)
            try await uma.post("/auth/totp/confirm", ["code": "12345"], 400, "INVALID_CODE")
            // Nothing is asked for before it is confirmed.
            _ = try await site.signIn("uma@example.com", name: "Uma again")

            let ugo = try await Person(site, "Ugo")
            try await ugo.client.post("/auth/totp/setup", nil, 409)
            let challenge = try await ugo.challenge()
            let code = ugo.authenticator.next()
            try await anon.post("/auth/otp/verify", answer(challenge, code), 404)
            #expect(try await race(anon, "/auth/totp/verify", answer(challenge, code)) == [200: 1, 400: 49])
            // The step is spent for every other challenge.
            let second = try await ugo.challenge()
            try await anon.post("/auth/totp/verify", answer(second, code), 400, "INVALID_CODE")
            try await anon.post(
                "/auth/totp/verify", answer(second, ugo.authenticator.next()), 200, has: ["user": ["id": "\(ugo.client.id)"]])

            for (file, _) in site.program.directory.files(in: "data") where !file.hasSuffix(".sock") {
                let bytes = String(decoding: try Directory.read(file), as: UTF8.self)
                for text in [ugo.secret] + ugo.recovery { #expect(!bytes.contains(text), "\(file)") }
            }
        }
    }

    @Test("A recovery code is good once, also of fifty at once; by one the authenticator is given up")
    func recovery() async throws {
        try await ExampleSite.run(.orders, settings: Self.settings) { site in
            let anon = site.anonymous
            let ugo = try await Person(site, "Ugo")
            let challenge = try await ugo.challenge()
            try await anon.post("/auth/totp/verify", answer(challenge, ugo.recovery[0]), 400, "INVALID_CODE")
            #expect(try await race(anon, "/auth/totp/recovery", answer(challenge, ugo.recovery[0])) == [200: 1, 400: 49])
            let second = try await ugo.challenge()
            try await anon.post("/auth/totp/recovery", answer(second, ugo.recovery[0]), 400, "INVALID_CODE")
            try await anon.post("/auth/totp/recovery", answer(second, ugo.recovery[1].uppercased()), 200)

            try await ugo.client.post("/auth/totp/disable", ["code": "aaaaa-aaaaa"], 400, "INVALID_CODE")
            try await ugo.client.post("/auth/totp/disable", ["code": "\(ugo.recovery[2])"], 204)
            _ = try await site.signIn("ugo@example.com", name: "Ugo")
            try await ugo.client.post("/auth/totp/disable", ["code": "\(ugo.recovery[3])"], 409)
        }
    }

    @Test("Guessing ends: three tries of a challenge, ten challenges in a quarter of an hour")
    func guessing() async throws {
        try await ExampleSite.run(.orders, settings: Self.settings) { site in
            let anon = site.anonymous
            let ugo = try await Person(site, "Ugo")
            let challenge = try await ugo.challenge()
            #expect(try await race(anon, "/auth/totp/verify", answer(challenge, "nothing")) == [400: 3, 429: 47])
            try await anon.post("/auth/totp/verify", answer(challenge, ugo.authenticator.next()), 429, "TOO_MANY_ATTEMPTS")
            for _ in 3...10 { _ = try await ugo.challenge() }
            try await anon.post(
                "/auth/login", ["email": "ugo@example.com", "password": "\(ExampleSite.password)"], 429, "TOO_MANY_ATTEMPTS"
            ) { (600...900).contains(Int($0.header("retry-after")) ?? 0) }
        }
    }
}
