import ArgumentParser
import Glibc

/// A password for a command: never among its arguments, which every process of the machine may read.
enum Password {
    static let warning =
        "warning: the password stands among the arguments: 'ps' shows it, and the shell's history keeps it; write password=- instead"

    /// The first line of standard input. On a terminal it is asked for, twice, and not shown.
    static func read() throws -> String {
        let isTerminal = isatty(0) == 1
        let password = isTerminal ? hidden("Password: ") : readLine(strippingNewline: true)
        guard let password, !password.isEmpty else { throw ValidationError("there is no password on standard input") }
        if isTerminal, hidden("Once more: ") != password { throw ValidationError("the two passwords differ; nothing was changed") }
        return password
    }

    /// A line of the terminal, typed unseen. Interrupted, the terminal is as it was when the shell takes it back.
    private static func hidden(_ prompt: String) -> String? {
        var before = termios()
        guard tcgetattr(0, &before) == 0 else { return readLine(strippingNewline: true) }
        var unseen = before
        unseen.c_lflag &= ~tcflag_t(ECHO)
        // Before the prompt: whoever answers it at once is not shown and loses nothing.
        tcsetattr(0, TCSAFLUSH, &unseen)
        _ = write(2, prompt, prompt.utf8.count)
        defer {
            tcsetattr(0, TCSAFLUSH, &before)
            complain("")
        }
        return readLine(strippingNewline: true)
    }
}
