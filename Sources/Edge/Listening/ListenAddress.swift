import Glibc

/// Where to listen: `127.0.0.1:8080`, `[::1]:8080`, `:8080` (every address), `localhost:8080`.
package struct ListenAddress: Sendable, Equatable, CustomStringConvertible {
    package var host: String
    package var port: Int

    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]), (0...65_535).contains(port) else {
            return nil
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        self.host = host.isEmpty ? "::" : String(host)
        self.port = port
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// Sockets that systemd has bound and handed over (sd_listen_fds(3)): descriptors from 3 on, meant for this process alone.
package enum InheritedSockets {
    package static func descriptors() -> [CInt] {
        guard let process = getenv("LISTEN_PID"), Int32(String(cString: process)) == getpid(), let count = getenv("LISTEN_FDS"),
            let number = CInt(String(cString: count)), (1...64).contains(number)
        else { return [] }
        let descriptors = Array(3..<(3 + number))
        for descriptor in descriptors { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        return descriptors
    }
}
