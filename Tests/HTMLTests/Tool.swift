import Glibc
import Testing

/// Runs the oracles beside this file: programs that read documents and answer for each.
enum Tool {
    /// One line for each of `documents`, as the oracle `name` answered. Lines of its input and output are UTF-8 in hexadecimal.
    static func ask(_ name: String, _ documents: [String], _ arguments: String...) throws -> [String] {
        var template = Array("/tmp/atlas-html-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let (input, output, errors) = ("\(directory)/input", "\(directory)/output", "\(directory)/errors")
        defer {
            for path in [input, output, errors] { unlink(path) }
            rmdir(directory)
        }
        var lines: [UInt8] = []
        for document in documents {
            for byte in document.utf8 { lines += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
            lines.append(0x0A)
        }
        try write(lines, to: input)
        let status = try spawn([directoryOfTests + "/oracles/" + name] + arguments, input: input, output: output, errors: errors)
        try #require(status == 0, "\(name) ended with status \(status): \(String(decoding: read(errors), as: UTF8.self))")
        return read(output).split(separator: 0x0A, omittingEmptySubsequences: false).dropLast().map { line in
            String(decoding: pairs(line), as: UTF8.self)
        }
    }

    /// A file of the repository, by its path from the root.
    static func page(_ path: String) -> String {
        String(decoding: read(directoryOfTests + "/../../" + path), as: UTF8.self)
    }

    private static let digits = Array("0123456789abcdef".utf8)
    private static let directoryOfTests = String(#filePath.prefix(upTo: #filePath.lastIndex(of: "/") ?? #filePath.endIndex))

    private static func pairs(_ line: ArraySlice<UInt8>) -> [UInt8] {
        func digit(_ byte: UInt8) -> UInt8 { byte < 0x3A ? byte &- 0x30 : byte &- 0x57 }
        return stride(from: line.startIndex, to: line.endIndex - 1, by: 2).map { digit(line[$0]) << 4 | digit(line[$0 + 1]) }
    }

    private static func spawn(_ arguments: [String], input: String, output: String, errors: String) throws -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        // Threads of the runtime block most signals; a child that inherited that could not be ended.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        var environment: [UnsafeMutablePointer<CChar>?] = [strdup("PATH=/usr/bin:/bin"), strdup("LC_ALL=C.UTF-8"), nil]
        defer { for text in argv + environment { free(text) } }
        var process: pid_t = 0
        try #require(posix_spawn(&process, arguments[0], &actions, &attributes, &argv, &environment) == 0, "\(arguments[0]) does not start")
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
    }

    private static func write(_ bytes: [UInt8], to path: String) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        try #require(file >= 0)
        defer { close(file) }
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            try #require(count > 0)
            written += count
        }
    }

    private static func read(_ path: String) -> [UInt8] {
        let file = open(path, O_RDONLY)
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(file, &chunk, chunk.count)
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
        }
    }
}
