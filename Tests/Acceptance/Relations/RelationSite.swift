import Harness
import JSON
import NIOHTTP1
import Testing

/// A site of a test's own: its collections, an administrator and two people who signed up.
struct RelationSite: Sendable {
    var program: Program
    var api: API
    var admin: Caller
    var sara: Caller
    var omid: Caller

    private static let common = """
        [app]
        name = "Own"

        [rules]
        admin = "me.role == 'ADMIN'"
        signed_in = "me != null"

        [collections.users]
        card = ["name"]

        [collections.users.allow]
        read = "this == me or admin"

        [collections.users.fields]
        name = { type = "string", required = true }
        role = { type = "enum", values = ["USER", "ADMIN"], default = "USER", write = "admin" }


        """

    static func run(
        _ collections: String, sourceLocation: SourceLocation = #_sourceLocation, _ body: (RelationSite) async throws -> Void
    ) async throws {
        let accounts = ["admin": ["name=Admin", "role=ADMIN"]]
        try await OwnSite.run(common + collections, accounts: accounts, sourceLocation: sourceLocation) { site in
            try await body(
                RelationSite(
                    program: site.program, api: site.api, admin: site["admin"],
                    sara: try await site.api.signUp("sara@example.com", name: "Sara", sourceLocation: sourceLocation),
                    omid: try await site.api.signUp("omid@example.com", name: "Omid", sourceLocation: sourceLocation)))
        }
    }

    /// Creates a record and gives its id.
    func create(
        _ path: String, _ body: JSONValue, as caller: Caller? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let answer = try await api.expect(
            .POST, path, as: caller ?? admin, body: body, status: 201, sourceLocation: sourceLocation)
        return try #require(answer.text("id"), sourceLocation: sourceLocation)
    }
}

/// A well-formed id that no record has.
let nobodysID = "0190a5c0-0000-7000-8000-000000000000"

extension JSONValue {
    /// The members of that name of an array's objects.
    func each(_ name: String) -> [JSONValue] { (array ?? []).map { $0[name] ?? .null } }
}

extension [String] {
    var json: JSONValue { .array(map { .string($0) }) }
}
