import Glibc
import Harness
import JSON
import Testing

/// One edit that spoils an example, and what must be said about it.
struct Spoiled: Sendable, CustomTestStringConvertible {
    var name: String
    var example: Example
    var file: String
    /// A piece of the file that occurs once; the fault is said to be in its line, or in that of `place` in the new text.
    var old: String
    var new: String
    var place: String
    /// What the message or the suggestion must contain.
    var says: [String]

    var testDescription: String { name }
}

@Suite("X1 atlas check: every fault with its place, all at once")
struct CheckScenarios {
    static let spoiled: [Spoiled] = [
        Spoiled(
            name: "a rule that names an unknown field", example: .sevra, file: "sevra.community.toml",
            old: "update  = \"author == me\"\ndelete  = \"author == me or staff\"",
            new: "update  = \"auther == me\"\ndelete  = \"author == me or staff\"", place: "auther", says: ["auther", "author"]),
        Spoiled(
            name: "an unknown key", example: .sevra, file: "sevra.blog.toml", old: "revisions   =", new: "revision    =",
            place: "revision    =",
            says: ["revision", "revisions"]),
        Spoiled(
            name: "a template that is not there", example: .orders, file: "orders.toml", old: "templates/order_received.html",
            new: "templates/order_recieved.html", place: "order_recieved", says: ["order_recieved"]),
        Spoiled(
            name: "a transition to an unknown state", example: .sevra, file: "sevra.blog.toml", old: "to = \"review\", allow",
            new: "to = \"reviewed\", allow", place: "\"reviewed\"", says: ["reviewed", "review"]),
        Spoiled(
            name: "a value that the enum has not", example: .sevra, file: "sevra.directory.toml",
            old: "read    = \"status == 'ACTIVE' or me in owners or staff\"",
            new: "read    = \"status == 'ACTIV' or me in owners or staff\"",
            place: "'ACTIV'", says: ["ACTIV", "ACTIVE"]),
        Spoiled(
            name: "a default that the enum has not", example: .writers, file: "writers.toml", old: "default = \"note\"",
            new: "default = \"nota\"",
            place: "\"nota\"", says: ["nota", "note"]),
        Spoiled(
            name: "member where there is no tenant", example: .writers, file: "writers.toml", old: "restore = \"mine or admin\"",
            new: "restore = \"member.role == 'owner'\"", place: "member.role == 'owner'\"", says: ["member"]),
        Spoiled(
            name: "a secret in the clear", example: .writers, file: "writers.toml", old: "password = \"env:SMTP_PASSWORD\"",
            new: "password = \"hunter2hunter2\"", place: "hunter2", says: ["secret", "env:"]),
        Spoiled(
            name: "a path through a collection that does not exist", example: .sevra, file: "sevra.directory.toml",
            old: "\"city.slug == $\"",
            new: "\"city.slugg == $\"", place: "slugg", says: ["slugg", "slug"]),
        Spoiled(
            name: "a reference to an unknown collection", example: .sevra, file: "sevra.blog.toml", old: "to = [\"posts\", \"comments\"]",
            new: "to = [\"posts\", \"coments\"]", place: "coments", says: ["coments", "comments"]),
        Spoiled(
            name: "a duration without a unit", example: .sevra, file: "sevra.toml", old: "access_ttl  = \"15m\"",
            new: "access_ttl  = \"15\"",
            place: "access_ttl", says: ["unit"]),
    ]

    private static let setup = Setup(environment: Example.sevra.setup.environment)

    /// The faults that `check` says of a directory's file, as it writes them where no person reads: a line of JSON each.
    private static func faults(_ file: String, in directory: Directory) async throws -> (status: Int32, faults: [JSONValue]) {
        var setup = setup
        setup.configuration = file
        let outcome = try await Program.run(["check"], in: directory, setup: setup)
        let faults = outcome.output.compactMap { try? JSONParser.parse($0) }.filter { $0["severity"] == "error" }
        return (outcome.status, faults)
    }

    private static func spoil(_ edit: Spoiled, in directory: Directory) throws -> Int64 {
        let text = String(decoding: try directory.read(edit.file), as: UTF8.self)
        let pieces = text.split(separator: edit.old, omittingEmptySubsequences: false)
        try #require(pieces.count == 2, "\(edit.old) occurs \(pieces.count - 1) times")
        let changed = pieces.joined(separator: edit.new)
        try directory.write(changed, to: edit.file)
        let lines = changed.split(separator: "\n", omittingEmptySubsequences: false)
        return Int64(try #require(lines.firstIndex { $0.contains(edit.place) })) + 1
    }

    private static func isSaid(_ edit: Spoiled, line: Int64, among faults: [JSONValue]) -> Bool {
        faults.contains { fault in
            let text = (fault["message"]?.string ?? "") + " " + (fault["suggestion"]?.string ?? "")
            return fault["file"]?.string?.hasSuffix("/" + edit.file) == true && fault["line"]?.integer == line
                && (fault["column"]?.integer ?? 0) > 0 && edit.says.allSatisfy { text.contains($0) }
        }
    }

    @Test("The examples as they are have no fault", arguments: Example.allCases)
    func sound(example: Example) async throws {
        let directory = try Directory()
        try directory.copy("\(Repository.root)/Tests/Examples")
        let outcome = try await Self.faults("\(example.rawValue).toml", in: directory)
        #expect(outcome.status == 0, "\(outcome.faults)")
    }

    @Test("One edit, one fault, at its line", arguments: spoiled)
    func one(edit: Spoiled) async throws {
        let directory = try Directory()
        try directory.copy("\(Repository.root)/Tests/Examples")
        let line = try Self.spoil(edit, in: directory)
        let outcome = try await Self.faults("\(edit.example.rawValue).toml", in: directory)
        #expect(outcome.status == 78)
        #expect(Self.isSaid(edit, line: line, among: outcome.faults), "\(edit.file):\(line): \(outcome.faults.map(\.text))")
        #expect(!outcome.faults.map(\.text).joined().contains("hunter2"), "secrets are not repeated")
    }

    @Test("All faults of a file in one go", arguments: Example.allCases)
    func all(example: Example) async throws {
        let directory = try Directory()
        try directory.copy("\(Repository.root)/Tests/Examples")
        let edits = Self.spoiled.filter { $0.example == example }
        var lines: [Int64] = []
        for edit in edits { lines.append(try Self.spoil(edit, in: directory)) }
        let outcome = try await Self.faults("\(example.rawValue).toml", in: directory)
        #expect(outcome.status == 78)
        for (edit, line) in zip(edits, lines) {
            #expect(
                Self.isSaid(edit, line: line, among: outcome.faults), "\(edit.name), \(edit.file):\(line): \(outcome.faults.map(\.text))")
        }
    }

    @Test("A running server that is given a bad file goes on with the good one")
    func reload() async throws {
        let directory = try Directory()
        try directory.copy("\(Repository.root)/Tests/Examples")
        var setup = Example.sevra.setup
        setup.configuration = "sevra.toml"
        setup.settings.append("storage.dir=\(directory.file("files"))")
        let program = try await Program(directory, setup: setup)
        let anonymous = Client(api: API(port: program.port), caller: nil)
        try await anonymous.get("/salons")
        let edit = Self.spoiled[0]
        let line = try Self.spoil(edit, in: directory)
        program.signal(SIGHUP)
        _ = try await program.line { $0.contains("auther") && $0.contains("\(line)") }
        try await anonymous.get("/salons")
        try await anonymous.get("/reviews")
        program.signal(SIGTERM)
        #expect(try await program.exitStatus() == 0)
    }
}
