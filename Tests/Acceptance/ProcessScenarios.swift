import Glibc
import Harness
import JSON
import NIOCore
import NIOHTTP1
import Testing

@Suite("Process: start, reload, drain")
struct ProcessScenarios {
    @Test("SIGTERM: readiness 503, the accepted request finishes, status 0")
    func drain() async throws {
        try await Site.runToItsEnd { site in
            let api = site.api
            try await api.expect(.GET, "//health", status: 200)
            try await api.expect(.GET, "//health/ready", status: 200)
            let body: [UInt8] = Array(#"{"title": "Sent in two halves", "body": "x"}"#.utf8)
            let exchange = try await api.open(
                .POST, "/posts", as: site.author, length: body.count,
                headers: ["content-type": "application/json", "expect": "100-continue"])
            try await exchange.waitForContinue()
            await exchange.send(ByteBuffer(bytes: body.prefix(10)))

            site.program.signal(SIGTERM)
            let drained = try await api.eventually("//health/ready") { $0.status == 503 }
            #expect(drained.status == 503)
            await exchange.send(ByteBuffer(bytes: body.dropFirst(10)))
            let answer = Answer(try await exchange.finish())
            #expect(answer.status == 201)
            #expect(try await site.program.exitStatus() == 0)

            // What was acknowledged is there.
            let restarted = try await Program(site.program.directory)
            let id = try #require(answer.text("id"))
            try await API(port: restarted.port).expect(.GET, "/posts/\(id)", as: site.author, status: 200)
            restarted.signal(SIGTERM)
            #expect(try await restarted.exitStatus() == 0)
        }
    }

    @Test("SIGTERM as soon as the addresses are said is not lost")
    func stoppedAtOnce() async throws {
        for _ in 0..<5 {
            let directory = try Directory()
            try directory.write("[app]\nname = \"Short\"\n", to: "atlas.toml")
            let program = try await Program(directory)
            program.signal(SIGTERM)
            #expect(try await program.exitStatus() == 0)
        }
    }

    @Test("SIGHUP: a good file is taken over, a bad one is refused and the old one keeps serving")
    func reload() async throws {
        try await Site.run { site in
            let api = site.api
            let good = String(decoding: try site.program.directory.read("atlas.toml"), as: UTF8.self)
            let notes = """

                [collections.notes]
                [collections.notes.allow]
                read = "true"
                create = "me != null"
                [collections.notes.fields]
                text = { type = "text", required = true }

                """
            // Apart from the others, which are held to the document of the end.
            try await API(port: api.port).expect(.GET, "/notes", status: 404)
            try site.program.directory.write(good + notes, to: "atlas.toml")
            site.program.signal(SIGHUP)
            // Said when every loop has the new site.
            _ = try await site.program.line { $0.contains("\"reloaded\"") }
            try await api.expect(.GET, "/notes", status: 200)
            try await api.expect(.POST, "/notes", as: site.reader, body: ["text": "after the reload"], status: 201)

            try site.program.directory.write(good + notes + "[colections.typo]\n", to: "atlas.toml")
            site.program.signal(SIGHUP)
            // The complaint says where: file and line.
            _ = try await site.program.line { $0.contains("colections") && $0.contains("atlas.toml:") }
            #expect(try await api.count("/notes", as: nil) == 1)
            try await api.expect(.GET, "//health/ready", status: 200)
        }
    }

    @Test("A warning is told at a start, and at the reload that makes it; not again while it stays")
    func warnings() async throws {
        let directory = try Directory()
        let names = ["first", "second", "third"]
        func write(_ count: Int) throws {
            try directory.write(names.prefix(count).map { "[traits.\($0)]\n" }.joined(), to: "atlas.toml")
        }
        try write(1)
        let program = try await Program(directory)
        for (index, name) in names.enumerated().dropFirst() {
            try write(index + 1)
            program.signal(SIGHUP)
            _ = try await program.line { $0.contains("'\(name)'") }
        }
        for name in names {
            #expect(program.output.count { $0.contains("no collection uses the trait '\(name)'") } == 1, "\(program.output)")
        }
        program.signal(SIGTERM)
        #expect(try await program.exitStatus() == 0)
    }

    @Test("A bad file at start: every fault with its line, status 78")
    func badConfiguration() async throws {
        let directory = try Directory()
        let text = """
            [app]
            nmae = "x"
            [collections.a.fields]
            b = { type = "strng" }
            [collections.a.allow]
            read = "nobody == here"

            """
        try directory.write(text, to: "atlas.toml")
        for command in ["check", "serve"] {
            let outcome = try await Program.run([command], in: directory)
            let output = outcome.output.joined(separator: "\n")
            // EX_CONFIG of sysexits.h
            #expect(outcome.status == 78, "\(command): \(output)")
            // JSON lines, since this is no terminal. Names are resolved once the file itself is sound.
            for place in ["\"line\":2,", "\"line\":4,"] {
                #expect(output.contains(place), "\(command), \(place): \(output)")
            }
            #expect(output.contains("name") && output.contains("string"), "did you mean")
        }
    }

    @Test("What is written and not in force is said, and no fault")
    func notInForce() async throws {
        let directory = try Directory()
        try directory.write("[backup]\nat = \"03:00\"\nto = [\"copies\"]\nencrypt = \"env:NOT_THERE\"\n[traits.unused]\n", to: "atlas.toml")
        let outcome = try await Program.run(["check"], in: directory)
        let output = outcome.output.joined(separator: "\n")
        #expect(outcome.status == 0, "\(output)")
        #expect(output.contains("[backup] is read but not in force in this version") && output.contains("\"line\":1,"), "\(output)")
        #expect(output.contains("no collection uses the trait 'unused'"), "\(output)")
    }

    @Test("Two programs never share a data directory")
    func locked() async throws {
        try await Site.run { site in
            let second = try await Program.run(["serve"], in: site.program.directory)
            #expect(second.status != 0)
            try await site.api.expect(.GET, "//health/ready", status: 200)
        }
    }

    @Test("Nothing in the data directory can be read by others")
    func files() async throws {
        try await Site.run { site in
            let data = site.program.directory.file("data")
            for path in [data] + site.program.directory.files(in: "data").keys.sorted() {
                var status = stat()
                // The program's temporary files come and go.
                guard lstat(path, &status) == 0 else { continue }
                #expect(status.st_mode & 0o077 == 0, "\(path) has mode \(String(status.st_mode & 0o777, radix: 8))")
            }
        }
    }
}
