import Glibc
import Harness
import JSON
import NIOHTTP1
import Testing

/// What the operator sees at the desk: `check`, `explain`, `test`, `why`.
@Suite struct DeskScenarios {
    private static let examples = "\(Repository.root)/Tests/Examples"

    /// Runs the program with these arguments alone; gives its status and output.
    private func atlas(_ arguments: [String]) async throws -> (status: Int32, output: [String]) {
        try await Child(Repository.program, arguments, environment: Example.sevra.setup.environment).finished()
    }

    private static let faulty = """
        [collections.posts.allow]
        read = "titel == 'x'"
        [collections.posts.fields]
        title = { type = "string", requierd = true }
        """

    @Test func `check tells faults of form and of meaning at once`() async throws {
        let directory = try Directory()
        try directory.write(Self.faulty, to: "atlas.toml")
        let found = try await atlas(["check", directory.file("atlas.toml")])
        #expect(found.status == 78)
        let places = found.output.compactMap { try? JSONParser.parse($0) }.filter { $0["severity"]?.string == "error" }
            .map { "\($0["line"]?.integer ?? 0):\($0["column"]?.integer ?? 0) \($0["suggestion"]?.string ?? "")" }
        #expect(places.count == 2, "\(found.output)")
        #expect(places.last?.contains("did you mean 'required'?") == true, "\(found.output)")
    }

    @Test func `check names what is allowed and worth a second look`() async throws {
        let directory = try Directory()
        try directory.write(
            "[collections.notes.allow]\nread = \"true\"\ncreate = \"true\"\n[collections.notes.fields]\ntext = \"string\"\n",
            to: "atlas.toml")
        let found = try await atlas(["check", "--config", directory.file("atlas.toml")])
        #expect(found.status == 0 && found.output.contains { $0.contains("anybody may create notes") }, "\(found.output)")
    }

    @Test(arguments: ["sevra", "writers", "orders"]) func `explain tells the examples as lines of JSON`(site: String) async throws {
        let found = try await atlas(["explain", "\(Self.examples)/\(site).toml"])
        #expect(found.status == 0)
        let lines = found.output.compactMap { try? JSONParser.parse($0) }.filter { $0["section"] != nil }
        #expect(lines.first?["section"]?.string == "public surface")
        #expect(lines.contains { $0["section"]?.string == "rights" && $0["collection"]?.string == "users" })
        #expect(!found.output.contains { $0.contains("env:") }, "a reference to a secret was shown")
    }

    @Test func `explain tells one collection, or which there are`() async throws {
        let one = try await atlas(["explain", "tasks", "--config", "\(Self.examples)/writers.toml"])
        #expect(one.status == 0 && one.output.contains { $0.contains("\"transition\":\"begin\"") }, "\(one.output)")
        let none = try await atlas(["explain", "task", "--config", "\(Self.examples)/writers.toml"])
        #expect(none.status == 1 && none.output.contains { $0.contains("there is no collection 'task'") }, "\(none.output)")
    }

    @Test(arguments: ["sevra", "writers", "orders"]) func `the examples keep their promises`(site: String) async throws {
        let found = try await atlas(["test", "--config", "\(Self.examples)/tests/\(site).toml"])
        #expect(found.status == 0, "\(found.output.joined(separator: "\n"))")
        #expect(found.output.count { $0.hasPrefix("ok ") } >= 10)
    }

    @Test func `a broken promise is told with what differs`() async throws {
        let directory = try Directory()
        try directory.write(
            """
            [collections.notes.allow]
            read = "true"
            [collections.notes.fields]
            text = { type = "string", required = true }
            [[test]]
            name = "it is a"
            given = [{ insert = "notes", as = "note", set = { text = "b" } }]
            do = "GET /notes/{note}"
            expect = { status = 200, body = { text = "a" } }
            [[test]]
            name = "there is none"
            do = "GET /notes"
            expect = { status = 200, body = [] }
            """, to: "atlas.toml")
        let found = try await atlas(["test", "--config", directory.file("atlas.toml")])
        #expect(found.status == 1)
        #expect(found.output.contains("not ok 1 - it is a") && found.output.contains("ok 2 - there is none"), "\(found.output)")
        #expect(found.output.contains { $0.contains("data.text is \"b\", not \"a\"") }, "\(found.output)")
    }

    private static let notes = """
        [rules]
        mine = "author == me"
        [collections.users.fields]
        role = { type = "enum", values = ["USER", "ADMIN"], default = "USER", readonly = true }
        [collections.notes]
        lookup = "slug"
        [collections.notes.allow]
        read = "status == 'open' or mine or me.role == 'ADMIN'"
        create = "me != null"
        update = "mine"
        [collections.notes.fields]
        text = { type = "string", required = true }
        slug = { type = "slug", from = "text", unique = true }
        secret = { type = "string", read = "me.role == 'ADMIN'" }
        author = { type = "ref", to = "users", stamp = "me" }
        status = { type = "state", values = ["draft", "open"] }
        [collections.notes.transitions]
        publish = { from = "draft", to = "open", allow = "mine" }
        """

    @Test func `why says which part of which rule decided`() async throws {
        try await OwnSite.runToItsEnd(Self.notes, users: ["ann": "USER", "root": "ADMIN"]) { site in
            let directory = site.program.directory
            try await site.api.expect(.POST, "/notes", as: site["ann"], body: ["text": "Hello"], status: 201)
            func why(_ arguments: String...) async throws -> (status: Int32, answer: JSONValue) {
                let found = try await Program.run(["why"] + arguments, in: directory)
                let answer = found.output.compactMap { try? JSONParser.parse($0) }.first { $0["allowed"] != nil }
                return (found.status, answer ?? .string(found.output.joined(separator: "\n")))
            }
            // Through the running server.
            let stranger = try await why("anonymous", "read", "/notes/hello")
            #expect(stranger.status == 1 && stranger.answer["allowed"]?.bool == false, "\(stranger.answer.text)")
            let parts = stranger.answer["rules"]?.array?.first?["parts"]?.array ?? []
            let status = parts.first { $0["text"]?.string == "status == 'open'" }
            #expect(status?["holds"]?.bool == false && status?["values"]?["status"]?.string == "'draft'", "\(stranger.answer.text)")
            #expect(parts.contains { $0["text"]?.string == "mine" && $0["at"]?.string?.hasSuffix("atlas.toml:2:9") == true }, "\(parts)")
            #expect(stranger.answer["fields"]?.array?.first?["field"]?.string == "secret")
            let author = try await why("ann@example.com", "publish", "/api/v1/notes/hello")
            #expect(author.status == 0 && author.answer["allowed"]?.bool == true, "\(author.answer.text)")
            // Without it.
            site.program.signal(SIGTERM)
            #expect(try await site.program.exitStatus() == 0)
            let root = try await why("root@example.com", "update", "/notes/hello")
            #expect(
                root.status == 1 && root.answer["reason"]?.string?.contains("the rule 'update' is false") == true, "\(root.answer.text)")
            let unknown = try await why("nobody@example.com", "read", "/notes/hello")
            #expect(unknown.status == 2 && unknown.answer.string?.contains("there is no user") == true)
            let verb = try await why("anonymous", "publsh", "/notes/hello")
            #expect(verb.status == 2 && verb.answer.string?.contains("knows no 'publsh'") == true)
        }
    }
}
