import JSON
import Testing

@testable import Config

@Suite struct FaultTests {
    @Test func `an unknown key shows its line, a caret and what was meant`() {
        let text = """
            [collections.posts.fields]
            title = { type = "string", requierd = true }

            """
        #expect(
            faults(of: text).rendered() == """
                atlas.toml:2:28: error: unknown key 'requierd'
                  2 | title = { type = "string", requierd = true }
                    |                            ^^^^^^^^ did you mean 'required'?

                """)
    }

    @Test func `every fault comes at once, in the order of the file`() {
        let faults = faults(
            of: """
                [log]
                level = "loud"
                acess = true
                [app]
                base_url = "nowhere"
                [server]
                grace = 30
                http = "127.0.0.1"
                [queues.Media]
                attempts = 0
                """)
        #expect(faults.all.map(\.at.line) == [2, 3, 5, 7, 8, 9, 10])
        #expect(faults.all.map(\.at.column) == [9, 1, 12, 9, 8, 9, 12])
        #expect(faults.all.map(\.length) == [6, 5, 9, 2, 11, 5, 1])
        #expect(faults.rendered().hasSuffix("7 errors\n"))
    }

    @Test(arguments: [
        ("[srver]", "did you mean 'server'?"),
        ("[server]\nmax_bdy = \"1MB\"", "did you mean 'max_body'?"),
        ("[log]\nlevel = \"inof\"", "did you mean 'info'?"),
        ("[server]\nmax_body = \"10mb\"", "did you mean '10MB'?"),
        ("[collections.c.fields]\nx = \"strng\"", "did you mean 'string'?"),
    ]) func `slips of the hand are recognised`(text: String, suggestion: String) {
        #expect(faults(of: text).all.map(\.suggestion) == [suggestion])
    }

    @Test func `what is far from every name is not guessed at`() {
        #expect(faults(of: "[log]\nzzzzzz = 1").all.first?.suggestion == "known here: level, format, access")
    }

    @Test func `a database that this version does not have is called so`() {
        let all = faults(of: "[database]\nurl = \"postgres://x/y\"").all
        #expect(all.map(\.message) == ["PostgreSQL is not available in this version"])
    }

    @Test func `syntax errors have their place`() {
        let all = faults(of: "[app]\nname = \"x\nlocale = 3\n").all
        #expect(all.count == 1)
        #expect(all.first?.at.line == 2)
    }

    @Test func `what the parser itself stumbles over has its place`() {
        let all = faults(of: "[app]\nname = [1,\n  # é\n  ,]\n[log]\nlevel = 3\n").all
        #expect(all.map(\.at) == [Location(file: "atlas.toml", line: 4, column: 3)])
    }

    @Test func `tabs and letters of any script keep the caret in its place`() {
        let all = faults(of: "[app]\n\tname = \"سورا\" # ا\n[log]\nlevel\t= \"é\"")
        #expect(all.rendered().hasSuffix("  4 | level\t= \"é\"\n    |      \t  ^^^\n") == true)
    }

    @Test func `a terminal is not obeyed`() {
        let fault = Fault("m", at: Location(file: "f", line: 1, column: 1))
        #expect(!fault.rendered(source: "x = \"\u{1B}[2J\"").contains("\u{1B}"))
    }

    @Test func `a fault is a line of JSON`() {
        let fault = Fault("m", at: Location(file: "f", line: 3, column: 4), suggestion: "s")
        #expect(
            fault.json
                == .object(["severity": "error", "file": "f", "line": 3, "column": 4, "message": "m", "suggestion": "s"]))
    }
}
