import Glibc
import NIOCore
import NIOPosix

/// A client that sends bytes as they are and reads answers one by one. Blocking calls run on threads of the clients' own:
/// a shared pool has as many as processors, and clients that wait for each other would hold them all.
final class RawClient: Sendable {
    private static let threads: NIOThreadPool = {
        let pool = NIOThreadPool(numberOfThreads: 64)
        pool.start()
        return pool
    }()
    private let descriptor: CInt

    struct Failure: Error {
        var reason: String
    }

    struct Answer: Sendable {
        var status: Int
        var headers: [(name: String, value: String)]
        var body: [UInt8]

        func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
        var text: String { String(decoding: body, as: UTF8.self) }
        var closes: Bool { header("connection") == "close" }
    }

    /// `address` as `HTTPServer.start` gives it. A small receive buffer makes a client that reads slowly visible soon.
    init(_ address: String, receiveBuffer: CInt? = nil) throws {
        let parts = address.split(separator: "/").last?.split(separator: ":").map(String.init) ?? []
        guard parts.count == 2, let port = UInt16(parts[1]) else { throw Failure(reason: address) }
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var size = receiveBuffer { setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(4)) }
        // No test waits this long unless it fails
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        inet_pton(AF_INET, parts[0], &name.sin_addr)
        let connected = withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        if connected != 0 { throw Failure(reason: "connect: \(errno)") }
    }

    deinit { close(descriptor) }

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    /// Errors are left out: the server may close while it refuses.
    func send(_ bytes: [UInt8]) async throws {
        try await Self.threads.runIfActive { [descriptor] in
            var offset = 0
            while offset < bytes.count {
                let count = bytes.withUnsafeBytes {
                    Glibc.send(descriptor, $0.baseAddress?.advanced(by: offset), bytes.count - offset, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { return }
                offset += count
            }
        }
    }

    func closeOutput() { _ = shutdown(descriptor, Int32(SHUT_WR)) }

    /// Resets the connection: connect(2) to AF_UNSPEC dissolves it.
    func reset() {
        var nowhere = sockaddr()
        nowhere.sa_family = sa_family_t(AF_UNSPEC)
        _ = connect(descriptor, &nowhere, socklen_t(MemoryLayout<sockaddr>.size))
    }

    /// The next answer, or nil when the server has closed. Interim answers (100) are answers too.
    func receive(toHead: Bool = false) async throws -> Answer? {
        try await Self.threads.runIfActive { [self] in
            var head: [UInt8] = []
            while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) {
                guard let byte = try read(1) else {
                    if head.isEmpty { return nil }
                    throw Failure(reason: "half a head: \(String(decoding: head, as: UTF8.self))")
                }
                head += byte
            }
            let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")
            guard let first = lines.first, let status = first.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
                throw Failure(reason: "no status line")
            }
            let headers = lines.dropFirst().compactMap { line -> (name: String, value: String)? in
                guard let colon = line.range(of: ": ") else { return nil }
                return (String(line[..<colon.lowerBound]), String(line[colon.upperBound...]))
            }
            var answer = Answer(status: status, headers: headers, body: [])
            guard !toHead, let length = answer.header("content-length").flatMap({ Int($0) }) else { return answer }
            while answer.body.count < length {
                guard let piece = try read(length - answer.body.count) else { throw Failure(reason: "half a body") }
                answer.body += piece
            }
            return answer
        }
    }

    /// Everything until the server closes.
    func drain() async throws -> Int {
        try await Self.threads.runIfActive { [self] in
            var total = 0
            while let piece = try read(65_536) { total += piece.count }
            return total
        }
    }

    private func read(_ count: Int) throws -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: min(count, 65_536))
        let got = recv(descriptor, &bytes, bytes.count, 0)
        if got < 0, errno == EAGAIN { throw Failure(reason: "the server keeps silent") }
        return got > 0 ? Array(bytes.prefix(got)) : nil
    }
}

extension Substring {
    /// The first place of a short text.
    fileprivate func range(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
