internal import Glibc

/// `env:NAME`, `file:/path`, `credential:NAME`: where a secret is read from. It is never written in the file itself (02-config).
enum SecretSource {
    struct Unreadable: Error {
        var message: String
        var suggestion: String?
    }

    static func isSource(_ text: String) -> Bool {
        ["env:", "file:", "credential:"].contains { text.hasPrefix($0) }
    }

    static func read(_ text: String, environment: [String: String]) throws(Unreadable) -> Secret {
        if text.hasPrefix("env:") {
            let name = String(text.dropFirst(4))
            guard let value = environment[name], !value.isEmpty else {
                throw Unreadable(message: "the environment variable \(name) is not set", suggestion: "set it where Atlas is started")
            }
            return Secret(bytes: Array(value.utf8))
        }
        if text.hasPrefix("credential:") {
            let name = String(text.dropFirst(11))
            guard let directory = environment["CREDENTIALS_DIRECTORY"], !name.contains("/") else {
                throw Unreadable(
                    message: "there is no credential '\(name)': systemd has handed none over", suggestion: "use LoadCredential= in the unit")
            }
            return try file("\(directory)/\(name)")
        }
        guard text.hasPrefix("file:") else {
            // The text is not repeated: it may be the secret.
            throw Unreadable(
                message: "a secret must not stand in the file", suggestion: "write \"env:NAME\", \"file:/path\" or \"credential:NAME\"")
        }
        return try file(String(text.dropFirst(5)))
    }

    private static func file(_ path: String) throws(Unreadable) -> Secret {
        guard var bytes = FileReading.bytes(path) else {
            throw Unreadable(message: "cannot read \(path): \(String(cString: strerror(errno)))", suggestion: nil)
        }
        while bytes.last == UInt8(ascii: "\n") || bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        return Secret(bytes: bytes)
    }
}

/// Whole files by POSIX calls.
enum FileReading {
    /// At most 16 MiB; nil leaves the reason in `errno`.
    static func bytes(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while bytes.count < 16 << 20 {
            let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0 { return nil }
            if count == 0 { return bytes }
            bytes += chunk[0..<count]
        }
        errno = EFBIG
        return nil
    }
}
