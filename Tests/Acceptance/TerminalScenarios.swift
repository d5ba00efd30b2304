import Glibc
import Harness
import JSON
import Testing

/// What the command line asks for on a terminal.
@Suite struct TerminalScenarios {
    /// Runs a command on a terminal of its own; types a line whenever the program asks for one and shows it no more. Prints what was shown.
    private static let terminal = """
        import os, pty, select, sys, termios, time
        typed = sys.argv[1].split("|")
        pid, terminal = pty.fork()
        if pid == 0: os.execv(sys.argv[2], sys.argv[2:])
        shown, end = b"", time.monotonic() + 60
        def hidden(): return not termios.tcgetattr(terminal)[3] & termios.ECHO
        while time.monotonic() < end:
            if select.select([terminal], [], [], 0.02)[0]:
                try: piece = os.read(terminal, 4096)
                except OSError: break
                if not piece: break
                shown += piece
            if typed and shown.endswith(b": ") and hidden():
                os.write(terminal, typed.pop(0).encode() + b"\\n")
                shown += b"|"
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        sys.stdout.write(shown.decode() + "\\nstatus %d\\n" % status)
        """

    private func create(_ name: String, in directory: Directory, typing lines: [String]) async throws -> String {
        let command = [
            Repository.program, "user", "create", "email=\(name)@example.com", "password=-", "--config", directory.file("atlas.toml"),
            "--set", "app.data_dir=\(directory.file("data"))",
        ]
        let child = try await Child("/usr/bin/python3", ["-c", Self.terminal, lines.joined(separator: "|")] + command)
        return try await child.finished().output.joined(separator: "\n")
    }

    @Test func `a password is asked for twice, and not shown`() async throws {
        let directory = try Directory()
        try directory.write("[app]\nname = \"Terminal\"\n", to: "atlas.toml")
        let secret = "Correct horse 77"
        let made = try await create("mina", in: directory, typing: [secret, secret])
        #expect(made.contains("Password: |") && made.contains("Once more: |") && made.contains("status 0"), "\(made)")
        #expect(!made.contains(secret), "\(made)")
        let differing = try await create("eve", in: directory, typing: [secret, secret + "x"])
        #expect(differing.contains("the two passwords differ") && !differing.contains("status 0"), "\(differing)")
        #expect(!differing.contains(secret), "\(differing)")

        let program = try await Program(directory)
        let api = API(port: program.port)
        for (name, status) in [("mina", 200), ("eve", 401)] {
            let body: JSONValue = ["email": "\(name)@example.com", "password": "\(secret)"]
            try await Client(api: api, caller: nil).post("/auth/login", body, status)
        }
        program.signal(SIGTERM)
        _ = try await program.exitStatus()
    }
}
