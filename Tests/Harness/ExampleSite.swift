import Glibc
package import JSON
import NIOHTTP1
package import Testing

/// The three examples of Tests/Examples: the file, and what a test starts it with.
package enum Example: String, Sendable, CaseIterable {
    case sevra, writers, orders

    package var setup: Setup {
        Setup(
            configuration: "\(Repository.root)/Tests/Examples/\(rawValue).toml", settings: settings,
            environment: [
                "S3_ACCESS_KEY": "dummy", "S3_SECRET_KEY": "dummy", "KAVENEGAR_KEY": "dummy", "SMSIR_KEY": "dummy",
                "BACKUP_KEY": "dummy", "SMTP_PASSWORD": "dummy", "TASK_WEBHOOK_SECRET": "dummy", "ACTIVITY_WEBHOOK_SECRET": "dummy",
                "ALERT_WEBHOOK_SECRET": "dummy", "OIDC_SECRET": "dummy-oidc",
            ])
    }

    /// No certificate, no network, messages into files. Limits per address would count all callers of a test as one.
    private var settings: [String] {
        let common = ["tls.mode=off", "storage.driver=local", "server.limits.default=100000/s per ip"]
        let own: [String] =
            switch self {
            case .sevra: ["sms.driver=file", "auth.methods=[\"otp\", \"password\"]"]
            case .writers:
                [
                    "mail.driver=file", "auth.transport=[\"bearer\"]", "server.limits.auth.login=1000/s per ip",
                    "server.limits.auth.signup=1000/s per ip",
                ]
            case .orders: ["mail.driver=file", "auth.transport=[\"bearer\"]", "server.limits.auth.login=1000/s per ip"]
            }
        return common + own
    }

    /// What every account of this example needs besides its address.
    fileprivate func fields(_ name: String) -> [(String, String)] {
        switch self {
        case .sevra: [("username", name.lowercased()), ("first_name", name), ("last_name", "Test")]
        case .writers: [("username", name.lowercased()), ("full_name", name)]
        case .orders: [("name", name)]
        }
    }
}

/// What an account is made with.
package struct Kind: Sendable {
    fileprivate var fields: [(String, String)]

    package static let plain = Kind(fields: [])
    package static func role(_ role: String) -> Kind { Kind(fields: [("role", role)]) }
    /// Writers: an administrator.
    package static let superuser = Kind(fields: [("is_superuser", "true")])
    /// Orders: the operator of the platform.
    package static let root = Kind(fields: [("is_root", "true")])
}

/// An example, serving. People are made as they are asked for.
package struct ExampleSite: Sendable {
    package let example: Example
    package let program: Program
    package let api: API
    private let setup: Setup

    package static let password = "Correct horse battery staple 7"

    /// A scenario on a new site: started, used by `body`, held to its OpenAPI document, stopped by SIGTERM with a clean end.
    package static func run(
        _ example: Example, settings: [String] = [], sourceLocation: SourceLocation = #_sourceLocation,
        _ body: (ExampleSite) async throws -> Void
    ) async throws {
        var setup = example.setup
        setup.settings += settings
        let directory = try Directory()
        setup.settings.append("storage.dir=\(directory.file("files"))")
        let site = try await start(example, setup, directory, Transcript())
        do {
            try await body(site)
        } catch {
            site.program.signal(SIGKILL)
            throw error
        }
        // A scenario that killed its site has seen to the ones that came after it.
        guard site.program.isRunning else { return }
        try await site.end(sourceLocation: sourceLocation)
    }

    private static func start(_ example: Example, _ setup: Setup, _ directory: Directory, _ transcript: Transcript) async throws
        -> ExampleSite
    {
        let program = try await Program(directory, setup: setup)
        return ExampleSite(example: example, program: program, api: API(port: program.port, transcript: transcript), setup: setup)
    }

    /// The checks of the end: the OpenAPI document, and a clean stop.
    package func end(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try await api.transcript?.check(api, in: program.directory, sourceLocation: sourceLocation)
        program.signal(SIGTERM)
        let status = try await program.exitStatus()
        #expect(status == 0, "after SIGTERM: \(program.output.suffix(20).joined(separator: "\n"))", sourceLocation: sourceLocation)
    }

    /// Ends the program by SIGKILL; `revived` serves the same directory.
    package func kill() async throws {
        program.signal(SIGKILL)
        _ = try await program.exitStatus()
    }

    /// The same directory served anew, perhaps with further settings; `body` uses it, then it ends like any other site.
    package func revived(
        settings: [String] = [], sourceLocation: SourceLocation = #_sourceLocation, _ body: (ExampleSite) async throws -> Void
    ) async throws {
        var setup = setup
        setup.settings += settings
        let site = try await Self.start(example, setup, program.directory, api.transcript ?? Transcript())
        do {
            try await body(site)
        } catch {
            site.program.signal(SIGKILL)
            throw error
        }
        try await site.end(sourceLocation: sourceLocation)
    }

    /// Runs a command of the program on this site's directory: its status and its output.
    package func command(_ arguments: [String], input: String = "") async throws -> (status: Int32, output: [String]) {
        try await Program.run(arguments, in: program.directory, setup: setup, input: input)
    }

    package var anonymous: Client { Client(api: api, caller: nil) }

    /// Makes an account from the command line and signs it in. Names are unique within a site.
    package func caller(_ kind: Kind = .plain, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) async throws -> Client {
        let email = "\(name.lowercased())@example.com"
        let fields = ([("email", email)] + example.fields(name) + kind.fields).map { "\($0.0)=\($0.1)" }
        let made = try await command(["user", "create"] + fields + ["password=-"], input: Self.password)
        try #require(made.status == 0, "user create: \(made.output.joined(separator: "\n"))", sourceLocation: sourceLocation)
        return try await signIn(email, name: name, sourceLocation: sourceLocation)
    }

    /// Signs in by address and password, whatever else the example offers; tokens are in the body (`auth.transport`, above).
    package func signIn(
        _ email: String, name: String, password: String = Self.password, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Client {
        let body: JSONValue = ["email": "\(email)", "password": "\(password)"]
        let answer = try await anonymous.post("/auth/login", body, 200, sourceLocation: sourceLocation)
        let token = try #require(answer.text("access_token"), sourceLocation: sourceLocation)
        let id = try #require(answer.text("user", "id"), sourceLocation: sourceLocation)
        return Client(api: api, caller: Caller(name: name, id: id, email: email, token: token))
    }

    /// Messages that were sent (`mail.jsonl`, `sms.jsonl`), oldest first.
    package func messages(_ channel: String) -> [JSONValue] {
        let bytes = (try? program.directory.read("data/\(channel).jsonl")) ?? []
        return bytes.split(separator: UInt8(ascii: "\n")).compactMap { try? JSONParser.parse(String(decoding: $0, as: UTF8.self)) }
    }

    /// Makes `person` a member of the tenant: invited by `owner`, who acts within it, by the token of the mail (11-precisions, 57).
    package func join(
        _ person: Client, as role: String, invitedBy owner: Client, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let email = try #require(person.caller?.email, sourceLocation: sourceLocation)
        try await owner.post("/invitations", ["email": "\(email)", "role": "\(role)"], sourceLocation: sourceLocation)
        let token = try await token(mailedTo: email)
        try await person.post("/invitations/accept", ["token": "\(token)"], sourceLocation: sourceLocation)
    }

    /// The token of the last mail with one to that address, another one than `former`. Mail leaves by a job: asked for until it is there, for at
    /// most 60 s.
    package func token(mailedTo email: String, after former: String? = nil) async throws -> String {
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            for message in messages("mail").reversed() where message.text.contains(email) {
                let parts = (message["text"]?.string ?? "").split(separator: "token=")
                guard parts.count > 1 else { continue }
                let token = String(parts[1].prefix { !$0.isWhitespace && $0 != "\"" && $0 != "<" })
                if token == former { break }
                return token
            }
            guard ContinuousClock.now < deadline else { throw NoMail(to: email) }
            try await Moment.passed(Moment.now + 20)
        }
    }

    /// No mail with a token was sent.
    struct NoMail: Error {
        var to: String
    }
}
