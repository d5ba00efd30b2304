import Glibc
import Harness
import JSON
import NIOHTTP1
import Testing

/// A site of a scenario's own, with an administrator and two users who have signed up.
struct SmallSite: Sendable {
    var program: Program
    var api: API
    var admin: Caller
    var first: Caller
    var second: Caller

    static let head = """
        [app]
        name = "Scenario"
        [auth]
        signup = "open"
        [collections.users.allow]
        read = "this == me or me.role == 'ADMIN'"
        [collections.users.fields]
        name = "string"
        role = { type = "enum", values = ["USER", "ADMIN"], default = "USER", readonly = true }

        """

    /// Starts `head` and what is given, and stops it by SIGTERM with a clean end.
    static func run(
        _ collections: String, sourceLocation: SourceLocation = #_sourceLocation, _ body: (SmallSite) async throws -> Void
    ) async throws {
        let directory = try Directory()
        try directory.write(head + collections, to: "atlas.toml")
        let made = try await Program.run(
            ["user", "create", "email=admin@example.com", "name=Admin", "role=ADMIN", "password=-"], in: directory, input: Site.password)
        try #require(made.status == 0, "user create: \(made.output.joined(separator: "\n"))", sourceLocation: sourceLocation)
        let program = try await Program(directory)
        do {
            let api = API(port: program.port)
            let site = SmallSite(
                program: program, api: api, admin: try await api.login("admin@example.com", sourceLocation: sourceLocation),
                first: try await api.signUp("first@example.com", name: "First", sourceLocation: sourceLocation),
                second: try await api.signUp("second@example.com", name: "Second", sourceLocation: sourceLocation))
            try await body(site)
            try await site.stop(sourceLocation: sourceLocation)
        } catch {
            program.signal(SIGKILL)
            throw error
        }
    }

    func stop(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        program.signal(SIGTERM)
        let status = try await program.exitStatus()
        #expect(status == 0, "after SIGTERM: \(program.output.suffix(20).joined(separator: "\n"))", sourceLocation: sourceLocation)
    }
}
