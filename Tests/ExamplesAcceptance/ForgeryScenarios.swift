import Crypto
import Harness
import JSON
import NIOHTTP1
import Testing

/// What is no token of this site opens nothing, whatever it says of itself; and whoever guesses passwords closes the door to himself alone.
@Suite("Forged tokens, guessed passwords")
struct ForgeryScenarios {
    /// Base64 for URLs without padding (RFC 4648 section 5).
    private func encoded(_ bytes: some Sequence<UInt8>) -> String {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        let bytes = Array(bytes)
        var text = ""
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let part = bytes[start..<min(start + 3, bytes.count)]
            let group = part.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - part.count))
            for place in 0...part.count { text.append(letters[group >> (18 - 6 * place) & 63]) }
        }
        return text
    }

    @Test("Other algorithms, keys, headers, issuers: none of it is a token here")
    func tokens() async throws {
        try await ExampleSite.run(.orders) { site in
            let mina = try await site.caller(.plain, "Mina")
            let token = try #require(mina.caller?.token)
            let parts = token.split(separator: ".").map(String.init)
            let keys = try await site.anonymous.get("//.well-known/jwks.json").json?["keys"]?.array ?? []
            let published = try #require(keys.first)
            let (kid, x) = (try #require(published["kid"]?.string), try #require(published["x"]?.string))
            func refused(_ what: String, _ forged: String, by site: ExampleSite) async throws {
                let forger = Client(api: site.api, caller: Caller(name: what, id: "", email: "", token: forged))
                try await forger.get("/me", 401)
            }

            // The claims are the right ones, and so is the signature where it is not made here.
            let own = Curve25519.Signing.PrivateKey()
            let jwk = #"{"kty":"OKP","crv":"Ed25519","x":"\#(encoded(own.publicKey.rawRepresentation))"}"#
            let headers = [
                #"{"alg":"none","kid":"\#(kid)","typ":"at+jwt"}"#, #"{"alg":"none"}"#, #"{"alg":"HS256","kid":"\#(kid)","typ":"at+jwt"}"#,
                #"{"alg":"EdDSA","kid":"unknown","typ":"at+jwt"}"#, #"{"alg":"EdDSA","kid":"\#(kid)","typ":"JWT"}"#,
                #"{"alg":"EdDSA","kid":"\#(kid)","typ":"at+jwt","jku":"http://127.0.0.1:\#(site.api.port)/keys"}"#,
                #"{"alg":"EdDSA","kid":"\#(kid)","typ":"at+jwt","x5u":"http://127.0.0.1:\#(site.api.port)/keys"}"#,
                #"{"alg":"EdDSA","kid":"\#(kid)","typ":"at+jwt","jwk":\#(jwk)}"#,
                #"{"alg":"EdDSA","kid":"\#(kid)","typ":"at+jwt","crit":["exp"]}"#,
            ]
            for header in headers {
                let signed = encoded(header.utf8) + "." + parts[1]
                // By the published key as if it were a shared secret, by a key of the forger's, by nothing, by the token's own signature.
                let shared = HMAC<SHA256>.authenticationCode(for: Array(signed.utf8), using: SymmetricKey(data: Array(x.utf8)))
                let foreign = try own.signature(for: Array(signed.utf8))
                for signature in [encoded(shared), encoded(foreign), "", parts[2]] {
                    try await refused(header, signed + "." + signature, by: site)
                }
            }
            let wellFormed = parts[0] + "." + parts[1]
            try await refused("another key", wellFormed + "." + encoded(try own.signature(for: Array(wellFormed.utf8))), by: site)
            try await refused("claims of another token", parts[0] + "." + parts[1].dropLast() + "A." + parts[2], by: site)
            try await mina.get("/me")

            // The same directory, keys and session, but another issuer and audience.
            try await site.kill()
            try await site.revived(settings: ["app.base_url=https://other.example.com"]) { other in
                try await refused("another issuer", token, by: other)
                _ = try await other.signIn("mina@example.com", name: "Mina")
            }
        }
    }

    /// The same client as if it came from that address: the site trusts whoever forwards to it.
    private func from(_ address: String, _ client: Client) -> Client {
        var client = client
        client.headers.replaceOrAdd(name: "x-forwarded-for", value: address)
        return client
    }

    @Test("Twenty failures close an address, and no stranger closes an account to its owner")
    func lockOut() async throws {
        try await ExampleSite.run(.orders, settings: ["server.trusted_proxies=[\"127.0.0.1\"]"]) { site in
            _ = try await site.caller(.plain, "Mina")
            _ = try await site.caller(.plain, "Omid")
            func login(_ name: String, _ password: String = ExampleSite.password) -> JSONValue {
                ["email": "\(name)@example.com", "password": "\(password)"]
            }
            let home = from("192.0.2.1", site.anonymous)
            let strange = from("198.51.100.7", site.anonymous)
            try await home.post("/auth/login", login("mina"), 200)

            // Fifty guesses at fifty accounts from one address: twenty are judged.
            let judged = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<50 {
                    group.addTask { try await strange.tries(.POST, "/auth/login", login("nobody\(number)", "Guess \(number)")).status }
                }
                return try await group.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
            }
            #expect(judged == [401: 20, 429: 30], "\(judged)")
            try await strange.post("/auth/login", login("omid"), 429, "TOO_MANY_ATTEMPTS")
            try await from("198.51.100.8", site.anonymous).post("/auth/login", login("omid"), 200)

            // Guesses at Mina's account from anywhere: closed to strangers, not to her where she is signed in.
            for number in 1...5 { try await from("203.0.113.\(number)", site.anonymous).post("/auth/login", login("mina", "Guess"), 401) }
            try await from("203.0.113.9", site.anonymous).post("/auth/login", login("mina"), 429, "TOO_MANY_ATTEMPTS")
            try await home.post("/auth/login", login("mina"), 200)
            // And a password by mail opens it everywhere.
            try await from("203.0.113.9", site.anonymous).post("/auth/password/forgot", ["email": "mina@example.com"], 200)
            let reset = try await site.token(mailedTo: "mina@example.com")
            try await from("203.0.113.9", site.anonymous).post(
                "/auth/password/reset", ["token": "\(reset)", "password": "Another horse 99"], 200)
            try await from("203.0.113.9", site.anonymous).post("/auth/login", login("mina", "Another horse 99"), 200)
        }
    }
}
