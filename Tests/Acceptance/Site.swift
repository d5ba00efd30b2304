import Glibc
import Harness
import JSON
import NIOHTTP1
import Testing

/// The example site, serving, with the people that scenarios need.
struct Site: Sendable {
    var program: Program
    var api: API
    var admin: Caller
    var author: Caller
    var otherAuthor: Caller
    var reader: Caller

    static let password = "correct horse battery staple 7"

    /// A scenario on a new site: started, used by `body`, held to its OpenAPI document, stopped by SIGTERM with a clean end.
    static func run(sourceLocation: SourceLocation = #_sourceLocation, _ body: (Site) async throws -> Void) async throws {
        try await runToItsEnd(sourceLocation: sourceLocation) { site in
            try await body(site)
            try await site.api.transcript?.check(site.api, in: site.program.directory, sourceLocation: sourceLocation)
            site.program.signal(SIGTERM)
            let status = try await site.program.exitStatus()
            #expect(
                status == 0, "after SIGTERM: \(site.program.output.suffix(20).joined(separator: "\n"))", sourceLocation: sourceLocation)
        }
    }

    /// The same for a scenario that ends the program itself.
    static func runToItsEnd(sourceLocation: SourceLocation = #_sourceLocation, _ body: (Site) async throws -> Void) async throws {
        let directory = try Directory()
        let example = String(decoding: try Directory.read(Repository.exampleConfiguration), as: UTF8.self)
        try directory.write(example, to: "atlas.toml")
        // The first administrator and the authors are made while nothing serves yet; the reader signs up like anybody.
        for (name, role) in [("Admin", "ADMIN"), ("Sara", "AUTHOR"), ("Omid", "AUTHOR")] {
            let fields = ["email=\(name.lowercased())@example.com", "name=\(name)", "role=\(role)", "password=-"]
            let made = try await Program.run(["user", "create"] + fields, in: directory, input: password)
            try #require(made.status == 0, "user create: \(made.output.joined(separator: "\n"))", sourceLocation: sourceLocation)
        }
        let program = try await Program(directory)
        do {
            let api = API(port: program.port, transcript: Transcript())
            let site = Site(
                program: program, api: api, admin: try await api.login("admin@example.com", sourceLocation: sourceLocation),
                author: try await api.login("sara@example.com", sourceLocation: sourceLocation),
                otherAuthor: try await api.login("omid@example.com", sourceLocation: sourceLocation),
                reader: try await api.signUp("reader@example.com", name: "Reader", sourceLocation: sourceLocation))
            try await body(site)
        } catch {
            program.signal(SIGKILL)
            throw error
        }
    }
}

extension API {
    func login(_ email: String, password: String = Site.password, sourceLocation: SourceLocation = #_sourceLocation) async throws -> Caller
    {
        let answer = try await expect(
            .POST, "/auth/login", body: ["email": .string(email), "password": .string(password)], status: 200,
            sourceLocation: sourceLocation)
        return try caller(email, answer, sourceLocation)
    }

    func signUp(_ email: String, name: String, sourceLocation: SourceLocation = #_sourceLocation) async throws -> Caller {
        let body: JSONValue = ["email": .string(email), "password": .string(Site.password), "name": .string(name)]
        let answer = try await expect(.POST, "/auth/signup", body: body, status: 201, sourceLocation: sourceLocation)
        return try caller(email, answer, sourceLocation)
    }

    private func caller(_ email: String, _ answer: Answer, _ location: SourceLocation) throws -> Caller {
        let token = try #require(answer.text("access_token"), sourceLocation: location)
        let id = try #require(answer.text("user", "id"), sourceLocation: location)
        return Caller(name: email, id: id, email: email, token: token)
    }

    /// Creates a draft and gives it.
    func createPost(_ title: String, as caller: Caller, sourceLocation: SourceLocation = #_sourceLocation) async throws -> JSONValue {
        let body: JSONValue = ["title": .string(title), "body": "Some words about it."]
        return try await expect(.POST, "/posts", as: caller, body: body, status: 201, sourceLocation: sourceLocation).data
    }

    /// The number of rows that the caller sees.
    func count(_ path: String, as caller: Caller?, sourceLocation: SourceLocation = #_sourceLocation) async throws -> Int64? {
        try await expect(.GET, path, as: caller, status: 200, sourceLocation: sourceLocation)
            .json?["meta"]?["pagination"]?["total_items"]?.integer
    }
}
