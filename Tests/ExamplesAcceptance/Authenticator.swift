import Crypto
import Glibc
import Harness
import JSON
import Testing

/// What an authenticator does (RFC 6238), never showing one code twice.
final class Authenticator {
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

    /// Of a step that is good for half a minute at least, and was not used. Only the first, which is sent at once, may be of the step before, that
    /// three are good in a row.
    func next() -> String {
        let (step, second) = time(nil).quotientAndRemainder(dividingBy: 30)
        last = last == 0 && second < 28 ? step - 1 : max(last + 1, step)
        let message = withUnsafeBytes(of: UInt64(last).bigEndian) { Array($0) }
        let digest = Array(HMAC<Insecure.SHA1>.authenticationCode(for: message, using: key))
        let offset = Int(digest[19] & 15)
        let number = digest[offset..<(offset + 4)].reduce(0) { $0 << 8 | Int($1) } & 0x7FFF_FFFF
        let text = "\(number % 1_000_000)"
        return String(repeating: "0", count: 6 - text.count) + text
    }
}

/// Somebody who is asked for a code at every sign-in.
struct PersonWithAuthenticator {
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

    func body(_ password: String = ExampleSite.password) -> JSONValue {
        ["email": "\(client.caller?.email ?? "")", "password": "\(password)"]
    }

    /// By whoever has the password: of that client's network, else of the person's own.
    func challenge(_ password: String = ExampleSite.password, by asker: Client? = nil) async throws -> String {
        let asker = asker ?? Client(api: client.api, caller: nil)
        let half = try await asker.post("/auth/login", body(password), 200, has: ["totp_required": true])
        #expect(half.data.names == ["totp_required", "challenge_id", "expires_in"])
        return half.text("challenge_id") ?? ""
    }
}
