import Glibc

/// Finds out who listens on a TCP port, for messages: `nginx (pid 12)`. Best effort, from /proc (man 5 proc); blocking.
enum PortHolder {
    static func name(ofPort port: Int) -> String? {
        let sockets = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap { listeners(on: port, in: read($0)) }
        guard !sockets.isEmpty else { return nil }
        for process in entries(of: "/proc") where Int(process) != nil {
            for descriptor in entries(of: "/proc/\(process)/fd") {
                guard let link = target(of: "/proc/\(process)/fd/\(descriptor)"), sockets.contains(link) else { continue }
                let command = read("/proc/\(process)/comm").split(separator: "\n").first.map(String.init) ?? "a process"
                return "\(StreamLogHandler.escaped(command)) (pid \(process))"
            }
        }
        return nil
    }

    /// `socket:[inode]` of every socket in state LISTEN (0A) on the port.
    static func listeners(on port: Int, in table: String) -> [String] {
        table.split(separator: "\n").dropFirst().compactMap { line in
            let columns = line.split(separator: " ")
            guard columns.count > 9, columns[3] == "0A", let colon = columns[1].lastIndex(of: ":"),
                Int(columns[1][columns[1].index(after: colon)...], radix: 16) == port
            else { return nil }
            return "socket:[\(columns[9])]"
        }
    }

    private static func read(_ path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &piece, piece.count)
            guard count > 0 else { break }
            bytes.append(contentsOf: piece.prefix(count))
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func entries(of path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }

    private static func target(of path: String) -> String? {
        var bytes = [CChar](repeating: 0, count: 128)
        let count = readlink(path, &bytes, bytes.count)
        guard count > 0 else { return nil }
        return String(decoding: bytes.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
