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

    /// The first administrator and the authors are made while nothing serves yet; the reader signs up like anybody.
    private static let accounts = [
        "admin": ["name=Admin", "role=ADMIN"], "sara": ["name=Sara", "role=AUTHOR"], "omid": ["name=Omid", "role=AUTHOR"],
    ]

    private init(_ site: OwnSite, _ location: SourceLocation) async throws {
        program = site.program
        api = site.api
        (admin, author, otherAuthor) = (site["admin"], site["sara"], site["omid"])
        reader = try await site.api.signUp("reader@example.com", name: "Reader", sourceLocation: location)
    }

    private static func example() throws -> String { String(decoding: try Directory.read(Repository.exampleConfiguration), as: UTF8.self) }

    /// As `OwnSite.run`, with a transcript.
    static func run(sourceLocation: SourceLocation = #_sourceLocation, _ body: (Site) async throws -> Void) async throws {
        try await OwnSite.run(try example(), accounts: accounts, transcript: Transcript(), sourceLocation: sourceLocation) {
            try await body(try await Site($0, sourceLocation))
        }
    }

    /// The same for a scenario that ends the program itself.
    static func runToItsEnd(sourceLocation: SourceLocation = #_sourceLocation, _ body: (Site) async throws -> Void) async throws {
        try await OwnSite.runToItsEnd(try example(), accounts: accounts, transcript: Transcript(), sourceLocation: sourceLocation) {
            try await body(try await Site($0, sourceLocation))
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
