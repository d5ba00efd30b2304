import Glibc
import Harness
import JSON
import NIOHTTP1
import Testing

/// A site with a configuration of the test's own, serving, with users who are signed in.
struct OwnSite: Sendable {
    var program: Program
    var api: API
    private var users: [String: Caller]

    subscript(_ name: String) -> Caller {
        users[name] ?? Caller(name: name, id: "", email: "", token: "")
    }

    /// A scenario on a new site: started, used by `body`, held to its OpenAPI document where there is a transcript, stopped by SIGTERM with a clean end.
    ///
    /// `accounts` gives what each user is made with besides an address and a password, as `atlas user create` takes it.
    static func run(
        _ configuration: String, accounts: [String: [String]], files: [String: String] = [:], transcript: Transcript? = nil,
        sourceLocation: SourceLocation = #_sourceLocation, _ body: (OwnSite) async throws -> Void
    ) async throws {
        try await runToItsEnd(
            configuration, accounts: accounts, files: files, transcript: transcript, sourceLocation: sourceLocation
        ) { site in
            try await body(site)
            try await site.api.transcript?.check(site.api, in: site.program.directory, sourceLocation: sourceLocation)
            site.program.signal(SIGTERM)
            let status = try await site.program.exitStatus()
            #expect(
                status == 0, "after SIGTERM: \(site.program.output.suffix(20).joined(separator: "\n"))", sourceLocation: sourceLocation)
        }
    }

    /// The same for a scenario that ends the program itself.
    static func runToItsEnd(
        _ configuration: String, accounts: [String: [String]], files: [String: String] = [:], transcript: Transcript? = nil,
        sourceLocation: SourceLocation = #_sourceLocation, _ body: (OwnSite) async throws -> Void
    ) async throws {
        let directory = try Directory()
        try directory.write(configuration, to: "atlas.toml")
        for (name, text) in files { try directory.write(text, to: name) }
        for (name, fields) in accounts {
            let all = ["email=\(name)@example.com", "password=-"] + fields
            let made = try await Program.run(["user", "create"] + all, in: directory, input: Site.password)
            try #require(made.status == 0, "user create: \(made.output.joined(separator: "\n"))", sourceLocation: sourceLocation)
        }
        let program = try await Program(directory)
        do {
            let api = API(port: program.port, transcript: transcript)
            var users: [String: Caller] = [:]
            for name in accounts.keys { users[name] = try await api.login("\(name)@example.com", sourceLocation: sourceLocation) }
            try await body(OwnSite(program: program, api: api, users: users))
        } catch {
            program.signal(SIGKILL)
            throw error
        }
    }

    /// Users that differ in their `role` alone; an empty one is left out.
    static func run(
        _ configuration: String, users: [String: String], files: [String: String] = [:], sourceLocation: SourceLocation = #_sourceLocation,
        _ body: (OwnSite) async throws -> Void
    ) async throws {
        try await run(configuration, accounts: fields(users), files: files, sourceLocation: sourceLocation, body)
    }

    static func runToItsEnd(
        _ configuration: String, users: [String: String], files: [String: String] = [:],
        sourceLocation: SourceLocation = #_sourceLocation, _ body: (OwnSite) async throws -> Void
    ) async throws {
        try await runToItsEnd(configuration, accounts: fields(users), files: files, sourceLocation: sourceLocation, body)
    }

    private static func fields(_ roles: [String: String]) -> [String: [String]] {
        roles.mapValues { $0.isEmpty ? [] : ["role=\($0)"] }
    }

    /// A moment of the system's clock so many seconds from now, as the API takes it.
    func moment(in seconds: Int) -> String {
        var time = Glibc.time(nil) + seconds
        var parts = tm()
        gmtime_r(&time, &parts)
        func padded(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(parts.tm_year + 1900)-\(padded(parts.tm_mon + 1))-\(padded(parts.tm_mday))"
            + "T\(padded(parts.tm_hour)):\(padded(parts.tm_min)):\(padded(parts.tm_sec))Z"
    }
}
