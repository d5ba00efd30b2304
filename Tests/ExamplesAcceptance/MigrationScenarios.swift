import Glibc
import Harness
import JSON
import NIOHTTP1
import Testing

@Suite("X2 The file changes under a database that is in use")
struct MigrationScenarios {
    /// A small site whose fields each test changes; everybody may do everything.
    private static func file(_ fields: String, unique: String = "", more: String = "") -> String {
        """
        [app]
        name = "Notes"

        [collections.notes]
        \(unique)
        [collections.notes.allow]
        read = "true"
        create = "true"
        update = "true"

        [collections.notes.fields]
        \(fields)

        \(more)
        """
    }

    private static let base = """
        title = { type = "string", required = true }
        kind = { type = "enum", values = ["a", "b"], default = "a" }
        """

    /// Serves the file in the directory while `body` asks.
    private static func serving(_ directory: Directory, _ file: String, _ body: (Client) async throws -> Void) async throws {
        try directory.write(file, to: "atlas.toml")
        let program = try await Program(directory)
        do { try await body(Client(api: API(port: program.port), caller: nil)) } catch {
            program.signal(SIGKILL)
            throw error
        }
        program.signal(SIGTERM)
        #expect(try await program.exitStatus() == 0, "\(program.output.suffix(10))")
    }

    /// The start is refused; gives what was said.
    private static func refused(_ directory: Directory, _ file: String) async throws -> String {
        try directory.write(file, to: "atlas.toml")
        do {
            let program = try await Program(directory)
            program.signal(SIGKILL)
            Issue.record("it serves: \(program.output)")
            return ""
        } catch is Child.NoSuchLine {
            // As it should be.
        }
        let outcome = try await Program.run(["serve"], in: directory)
        #expect(outcome.status == 78, "\(outcome.output)")
        return outcome.output.joined(separator: "\n")
    }

    private static func seeded() async throws -> Directory {
        let directory = try Directory()
        try await serving(directory, file(base)) { client in
            for title in ["one", "two", "two"] { try await client.post("/notes", ["title": "\(title)", "kind": "b"]) }
        }
        return directory
    }

    @Test("What is safe is done at the start: a field, a wider enum, another collection; a copy is kept first")
    func safe() async throws {
        let directory = try await Self.seeded()
        let before = directory.files(in: "data").keys.filter { $0.contains(".db") }.count
        let wider = Self.base.split(separator: "\"b\"]").joined(separator: "\"b\", \"c\"]")
        let more = """
            [collections.labels.allow]
            read = "true"
            create = "true"
            [collections.labels.fields]
            name = "string"
            """
        try await Self.serving(directory, Self.file(wider + "\nweight = { type = \"int\", default = 7 }", more: more)) { client in
            try await client.get("/notes?sort=created_at") { answer in
                answer.rows.compactMap { $0["title"]?.string } == ["one", "two", "two"] && answer.rows.allSatisfy { $0["weight"] == 7 }
            }
            try await client.post("/notes", ["title": "three", "kind": "c"], has: ["kind": "c", "weight": 7])
            try await client.post("/labels", ["name": "x"])
        }
        #expect(directory.files(in: "data").keys.filter { $0.contains(".db") }.count > before, "a snapshot was taken")
    }

    @Test("A unique key over duplicates is refused, naming them; without them it is taken")
    func unique() async throws {
        let directory = try await Self.seeded()
        let unique = Self.file(Self.base, unique: "unique = [[\"title\"]]")
        let said = try await Self.refused(directory, unique)
        #expect(said.contains("notes") && said.contains("title") && said.contains("two"), "\(said)")
        try await Self.serving(directory, Self.file(Self.base)) { client in
            let rows = try await client.get("/notes?sort=created_at").rows
            try #require(rows.count == 3, "the data is as it was")
            try await client.patch("/notes/\(rows[2].id)", ["title": "three"])
        }
        try await Self.serving(directory, unique) { client in
            try await client.post("/notes", ["title": "three"], 409)
            #expect(try await client.get("/notes").total == 3)
        }
    }

    @Test("A rename keeps what is there")
    func rename() async throws {
        let directory = try await Self.seeded()
        let renamed = """
            heading = { type = "string", required = true, was = "title" }
            kind = { type = "enum", values = ["a", "b"], default = "a" }
            """
        try await Self.serving(directory, Self.file(renamed)) { client in
            let headings = try await client.column("heading", "/notes?sort=created_at")
            #expect(headings == ["one", "two", "two"])
        }
    }

    @Test("What would lose data is refused with the command that allows it", arguments: ["field", "collection", "value", "required"])
    func destructive(what: String) async throws {
        let directory = try await Self.seeded()
        let title = "title = { type = \"string\", required = true }"
        let changed: (file: String, step: String) =
            switch what {
            case "field": (Self.file(title), "drop:notes.kind")
            case "collection": ("[app]\nname = \"Notes\"\n", "drop:notes")
            case "value": (Self.file(title + "\nkind = { type = \"enum\", values = [\"a\"], default = \"a\" }"), "narrow:notes.kind")
            default: (Self.file(Self.base + "\nmust = { type = \"string\", required = true }"), "add:notes.must")
            }
        let said = try await Self.refused(directory, changed.file)
        #expect(said.contains("atlas migrate") && said.contains("--allow \(changed.step)"), "\(said)")
        // Untouched, and served with the old file as before.
        try await Self.serving(directory, Self.file(Self.base)) { client in
            try await client.get("/notes?kind=b") { $0.rows.count == 3 }
        }
        // What was said to do does it, where the rows allow it.
        guard what == "field" || what == "collection" else { return }
        try directory.write(changed.file, to: "atlas.toml")
        let migrated = try await Program.run(["migrate", "--allow", changed.step], in: directory)
        #expect(migrated.status == 0, "\(migrated.output)")
        try await Self.serving(directory, changed.file) { client in
            if what == "field" {
                try await client.get("/notes") { $0.rows.count == 3 && $0.rows.allSatisfy { $0["kind"] == nil && $0["title"] != nil } }
            } else {
                try await client.get("/notes", 404)
            }
        }
    }

    @Test("A site that gets tenants keeps the files that it has: their uploaders', and held where they are")
    func tenants() async throws {
        let before = """
            [app]
            name = "Cards"
            [auth]
            methods   = ["password"]
            signup    = "open"
            transport = ["bearer"]
            [media.paper]
            max        = "1MB"
            visibility = "private"
            accept     = ["application/pdf"]
            allow      = "me != null"
            [collections.cards.allow]
            read   = "me != null"
            create = "me != null"
            [collections.cards.fields]
            paper = { type = "media", kind = "paper" }
            """
        let after = """
            [tenancy]
            tenant  = "firms"
            member  = "staff"
            resolve = ["header:X-Tenant"]
            [collections.firms.fields]
            name = "string"
            [collections.staff]
            tenant = true
            [collections.staff.fields]
            user = { type = "ref", to = "users", required = true, unique = true, on_delete = "cascade" }
            """
        let directory = try Directory()
        var people: [Caller] = []
        var (held, own, card) = ("", "", "")
        try await Self.serving(directory, before) { nobody in
            for name in ["Uma", "Ugo"] {
                let email = "\(name.lowercased())@example.com"
                let made = try await nobody.post("/auth/signup", ["email": "\(email)", "password": "Correct horse battery staple 7"])
                people.append(
                    Caller(name: name, id: made.text("user", "id") ?? "", email: email, token: made.text("access_token") ?? ""))
            }
            let uma = Client(api: nobody.api, caller: people[0])
            held = try await uma.upload(Sample.pdf, named: "a.pdf", kind: "paper")
            own = try await uma.upload(Sample.pdf, named: "b.pdf", kind: "paper")
            card = try await uma.make("/cards", ["paper": "\(held)"])
        }
        try await Self.serving(directory, before + "\n" + after) { nobody in
            let (uma, ugo) = (Client(api: nobody.api, caller: people[0]), Client(api: nobody.api, caller: people[1]))
            #expect(try await Set(uma.ids("/media")) == [held, own])
            for file in [held, own] { try await uma.get("/media/\(file)/content") { $0.body == Sample.pdf } }
            try await ugo.get("/cards/\(card)", has: ["paper": ["id": "\(held)"]])
            try await ugo.get("/media/\(held)/content")
            for path in ["/media/\(held)", "/media/\(own)", "/media/\(own)/content"] { try await ugo.get(path, 404) }
            try await uma.post("/cards", ["paper": "\(own)"])
            try await ugo.post("/cards", ["paper": "\(own)"], 400, at: ["paper"])
            try await uma.patch("/media/\(own)", ["alt": "x"])
        }
    }
}
