internal import Crypto
internal import JSON
package import Ports
internal import Records
internal import Synchronization

/// How other services are reached; Assembly puts a client behind it.
package typealias OIDCFetch = @Sendable (OIDCRequest) async throws -> (status: Int, body: [UInt8])

package struct OIDCRequest: Sendable {
    package var method: String
    package var url: String
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]
}

/// One other service by which one signs in: where it is, its keys, and codes changed for tokens.
package final class OIDCService: Sendable {
    package struct Options: Sendable {
        package var name: String
        package var issuer: String
        package var client: String
        package var secret: String
        package var scopes: [String]
        /// Where the service sends the browser back to.
        package var redirect: String

        package init(name: String, issuer: String, client: String, secret: String, scopes: [String], redirect: String) {
            self.name = name
            self.issuer = issuer
            self.client = client
            self.secret = secret
            self.scopes = scopes
            self.redirect = redirect
        }
    }

    /// The service cannot be used now, or does not behave: for the log, not for clients.
    package struct Trouble: Error, CustomStringConvertible {
        package var service: String
        package var issuer: String
        package var description: String
        /// False where it was told a moment ago: the service was not asked again.
        package var isNews = true
    }

    private struct Metadata: Sendable {
        var issuer: String
        var authorization: String
        var token: String
        var keys: String
        /// Whether the secret goes into the body: `client_secret_post`.
        var postsSecret: Bool
    }

    private struct Known: Sendable {
        var metadata: (value: Metadata, at: Int64)?
        var keys: (value: JSONWebKeys, at: Int64)?
        var trouble: (value: Trouble, at: Int64)?
    }

    /// Milliseconds for which what the service publishes is believed, and between two looks for a new key.
    private static let freshness: Int64 = 3_600_000
    private static let pause: Int64 = 60_000
    /// Milliseconds for which a service that could not be used is not asked again, whoever would sign in by it.
    private static let respite: Int64 = 2_000

    package let options: Options
    private let fetch: OIDCFetch
    private let clock: any Clock
    private let known = Mutex(Known())

    package init(_ options: Options, clock: any Clock, fetch: @escaping OIDCFetch) {
        self.options = options
        self.clock = clock
        self.fetch = fetch
    }

    /// Where the browser is sent (RFC 6749 section 4.1.1, RFC 7636).
    func authorization(state: String, nonce: String, verifier: String) async throws -> String {
        let metadata = try await metadata()
        let challenge = Base64.url(Array(SHA256.hash(data: Array(verifier.utf8))))
        let query = Self.form([
            ("response_type", "code"), ("client_id", options.client), ("redirect_uri", options.redirect),
            ("scope", options.scopes.joined(separator: " ")), ("state", state), ("nonce", nonce), ("code_challenge", challenge),
            ("code_challenge_method", "S256"),
        ])
        return metadata.authorization + (metadata.authorization.contains("?") ? "&" : "?") + query
    }

    /// Who the code stands for. Throws `IDToken.Fault` for a token that is not to be believed.
    func identity(code: String, verifier: String, nonce: String) async throws -> IDToken {
        let metadata = try await metadata()
        var fields = [
            ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", options.redirect), ("code_verifier", verifier),
        ]
        var headers = [
            (name: "content-type", value: "application/x-www-form-urlencoded"), (name: "accept", value: "application/json"),
        ]
        if metadata.postsSecret {
            fields += [("client_id", options.client), ("client_secret", options.secret)]
        } else {
            // RFC 6749 section 2.3.1: each part is encoded by itself.
            let pair = Self.escaped(options.client) + ":" + Self.escaped(options.secret)
            headers.append((name: "authorization", value: "Basic " + Base64.standard(Array(pair.utf8))))
        }
        let request = OIDCRequest(method: "POST", url: metadata.token, headers: headers, body: Array(Self.form(fields).utf8))
        let answer = try await ask(request)
        guard answer.status == 200, let token = (try? JSONParser.parse(answer.body))?["id_token"]?.string else {
            // A code that is forged or used twice is the sender's fault.
            if answer.status == 400 || answer.status == 401 { throw IDToken.Fault.invalid }
            throw trouble("it answers \(answer.status) to a code")
        }
        do {
            return try await verify(token, metadata, nonce, isAgain: false)
        } catch IDToken.Fault.unknownKey {
            return try await verify(token, metadata, nonce, isAgain: true)
        }
    }

    private func verify(_ token: String, _ metadata: Metadata, _ nonce: String, isAgain: Bool) async throws -> IDToken {
        try IDToken.verify(
            token, keys: try await keys(metadata, isAgain: isAgain), issuer: metadata.issuer, client: options.client, nonce: nonce,
            now: clock.now())
    }

    // MARK: What the service publishes

    private func metadata() async throws -> Metadata {
        let now = clock.now()
        let (current, former) = known.withLock { ($0.metadata, $0.trouble) }
        if let current, now - current.at < Self.freshness { return current.value }
        if var former, now - former.at < Self.respite {
            former.value.isNews = false
            throw former.value
        }
        do {
            let metadata = try await published()
            known.withLock { $0.metadata = (metadata, now) }
            return metadata
        } catch let trouble as Trouble {
            known.withLock { $0.trouble = (trouble, now) }
            throw trouble
        }
    }

    private func published() async throws -> Metadata {
        var issuer = options.issuer
        while issuer.hasSuffix("/") { issuer.removeLast() }
        let document = try await read(issuer + "/.well-known/openid-configuration")
        guard let named = document["issuer"]?.string, named == options.issuer || named == issuer || named == issuer + "/" else {
            throw trouble("what it publishes is of another issuer")
        }
        let isSecure = issuer.hasPrefix("https:")
        func address(_ name: String) throws -> String {
            guard let url = document[name]?.string, url.hasPrefix("https:") || !isSecure && url.hasPrefix("http:") else {
                throw trouble("it publishes no '\(name)' that can be used")
            }
            return url
        }
        let methods = document["token_endpoint_auth_methods_supported"]?.array?.compactMap(\.string) ?? []
        return Metadata(
            issuer: named, authorization: try address("authorization_endpoint"), token: try address("token_endpoint"),
            keys: try address("jwks_uri"), postsSecret: methods.contains("client_secret_post") && !methods.contains("client_secret_basic"))
    }

    private func keys(_ metadata: Metadata, isAgain: Bool) async throws -> JSONWebKeys {
        let now = clock.now()
        if let known = known.withLock({ $0.keys }), now - known.at < (isAgain ? Self.pause : Self.freshness) { return known.value }
        let keys = JSONWebKeys(try await read(metadata.keys))
        known.withLock { $0.keys = (keys, now) }
        return keys
    }

    private func read(_ url: String) async throws -> JSONValue {
        let request = OIDCRequest(method: "GET", url: url, headers: [(name: "accept", value: "application/json")], body: [])
        let answer = try await ask(request)
        guard answer.status == 200, let document = try? JSONParser.parse(answer.body) else {
            throw trouble("it answers \(answer.status) at \(url)")
        }
        return document
    }

    /// The answer. Throws `Trouble` where there is none.
    private func ask(_ request: OIDCRequest) async throws -> (status: Int, body: [UInt8]) {
        do {
            return try await fetch(request)
        } catch {
            throw trouble("\(error)")
        }
    }

    private func trouble(_ why: String) -> Trouble { Trouble(service: options.name, issuer: options.issuer, description: why) }

    // MARK: Forms

    static func form(_ fields: [(String, String)]) -> String {
        fields.map { "\(escaped($0.0))=\(escaped($0.1))" }.joined(separator: "&")
    }

    private static func escaped(_ text: String) -> String { URLEscaping.escaped(text) }
}
