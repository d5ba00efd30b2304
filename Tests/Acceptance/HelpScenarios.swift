import Glibc
import Harness
import JSON
import Testing

@Suite("What --help shows")
struct HelpScenarios {
    /// What needs more than a site with two accounts: a server, a record, a session, an authenticator, a step that is refused.
    private static let others = [
        "cp /usr/share", "atlas serve", "atlas why", "atlas migrate --config atlas.toml --allow",
        "atlas session revoke --config atlas.toml somebody@example.org 01", "atlas user reset-totp",
    ]

    /// Each command by its words, with its examples.
    private func commands(_ described: JSONValue, after words: [String] = []) -> [(words: [String], examples: [String])] {
        let lines = (described["discussion"]?.string ?? "").split(separator: "\n").map(String.init)
        let examples = lines.drop { $0 != "EXAMPLES:" }.dropFirst().map { String($0.drop { $0 == " " }) }
        let below = (described["subcommands"]?.array ?? []).filter { $0["commandName"] != "help" }
        return [(words, Array(examples))] + below.flatMap { commands($0, after: words + [$0["commandName"]?.string ?? ""]) }
    }

    @Test("Every command has examples, and they work as they stand")
    func examples() async throws {
        let directory = try Directory()
        let example = String(decoding: try Directory.read(Repository.exampleConfiguration), as: UTF8.self)
        let nightly = "\n[schedules.nightly]\ncron = \"0 3 * * *\"\ndo = [{ job = \"softdelete.prune\" }]\n"
        try directory.write(example + nightly, to: "atlas.toml")
        mkdir(directory.file("sites"), 0o700)
        try directory.write(example, to: "sites/blog.toml")
        try directory.write(Site.password, to: "password.txt")

        let program = Repository.program
        func shell(_ line: String) async throws -> (status: Int32, output: [String]) {
            let path = program.dropLast("/atlas".count)
            return try await Child("/bin/sh", ["-c", "cd \(directory.path) && PATH=\(path):$PATH && \(line)"], input: Site.password)
                .finished()
        }
        let made = try await shell("atlas user create email=somebody@example.org name=Some password=-")
        try #require(made.status == 0, "\(made.output)")

        let help = try await Child(program, ["--experimental-dump-help"]).finished()
        let described = try JSONParser.parse(help.output.joined(separator: "\n"))["command"] ?? .null
        let commands = commands(described)
        #expect(commands.count > 20, "\(commands.map(\.words))")
        var run: Set<String> = []
        for (words, examples) in commands {
            #expect(!examples.isEmpty, "atlas \(words.joined(separator: " ")) has no example")
            for line in examples where !Self.others.contains(where: line.hasPrefix) && run.insert(line).inserted {
                let outcome = try await shell(line)
                #expect(outcome.status == 0, "\(line): \(outcome.output.suffix(5))")
            }
        }
        #expect(run.count > 20, "\(run)")
    }

    @Test("A password among the arguments is warned of; one of standard input is not")
    func passwords() async throws {
        let directory = try Directory()
        try directory.write("", to: "atlas.toml")
        let open = try await Program.run(["user", "create", "email=a@example.org", "password=\(Site.password)"], in: directory)
        #expect(open.status == 0 && open.output.contains { $0.hasPrefix("warning: the password stands among the arguments") })
        #expect(!open.output.joined().contains(Site.password))
        let hidden = try await Program.run(
            ["user", "create", "email=b@example.org", "password=-"], in: directory, input: Site.password + "\n")
        #expect(hidden.status == 0 && !hidden.output.contains { $0.contains("warning:") }, "\(hidden.output)")
        let nobody = try await Program.run(["user", "disable", "nobody@example.org"], in: directory)
        #expect(nobody.status == 1, "a refusal ends the command, while nothing serves too")
        let none = try await Program.run(["user", "reset-password", "b@example.org"], in: directory)
        #expect(none.status != 0 && none.output.joined().contains("there is no password on standard input"), "\(none.output)")
    }

    /// Each would make a new site of defaults beside the one that was meant, and find that all is well there.
    private static let onData = [
        "user list", "user create email=a@example.org password=x", "user grant a@example.org name=A", "user disable a@example.org",
        "user reset-password a@example.org", "session list a@example.org", "session revoke a@example.org", "keys list", "keys rotate",
        "schedule run nightly", "rebuild", "plan", "migrate", "why anonymous list /posts",
    ]

    @Test("A command that works on data wants a file, named or found", arguments: onData)
    func needsConfiguration(words: String) async throws {
        let directory = try Directory()
        // Where a package is installed there is a file; elsewhere the message names both places.
        try #require(access("/etc/atlas/atlas.toml", F_OK) != 0)
        let outcome = try await Child("/bin/sh", ["-c", "cd \(directory.path) && exec \(Repository.program) \(words)"], input: "x\n")
            .finished()
        let said = outcome.output.joined(separator: "\n")
        #expect(outcome.status == 64, "\(said)")
        #expect(
            said.contains("no configuration at \(directory.path)/atlas.toml or /etc/atlas/atlas.toml: name one with --config"), "\(said)")
        #expect(directory.files(in: ".").isEmpty && access(directory.file("data"), F_OK) != 0, "it made something")
    }

    @Test("A setting of this run is a choice of its own; what touches nothing needs no file")
    func withoutConfiguration() async throws {
        let directory = try Directory()
        func run(_ words: String) async throws -> (status: Int32, output: [String]) {
            try await Child("/bin/sh", ["-c", "cd \(directory.path) && \(words)"]).finished()
        }
        for words in ["check", "explain", "user list --set app.data_dir=\(directory.file("elsewhere"))"] {
            let outcome = try await run("\(Repository.program) \(words)")
            #expect(outcome.status == 0, "\(words): \(outcome.output)")
        }
        let set = try await run("ATLAS__APP__DATA_DIR=\(directory.file("third")) \(Repository.program) user list")
        #expect(set.status == 0, "\(set.output)")
        #expect(access(directory.file("data"), F_OK) != 0)
        let missing = try await run("\(Repository.program) user list --config nowhere.toml")
        #expect(missing.status == 78 && missing.output.joined().contains("nowhere.toml"), "\(missing.output)")
    }
}
