import CLinux
import Glibc
import JSON
import NIOCore
import Synchronization

/// One helper process, seen from the server. Used by one thread at a time, which may block; only `kill` may come from elsewhere.
final class HelperProcess: Sendable {
    let id: pid_t
    /// The Landlock version that the helper is under; 0 without.
    let landlock: Int
    private let socket: Int32
    /// Whether the process was waited for, after which its id may be another's.
    private let isReaped: Mutex<Bool>

    /// Starts a helper and waits until it is ready.
    init(executable: String, arguments: [String]) throws(MediaError) {
        var pair: [Int32] = [-1, -1]
        guard atlas_socket_pair(&pair) == 0 else { throw .unavailable("no socket for the media helper") }
        defer { close(pair[1]) }
        var texts: [UnsafeMutablePointer<CChar>?] = ([executable] + arguments).map { strdup($0) } + [nil]
        defer { for text in texts { free(text) } }
        var process: pid_t = 0
        let failure = atlas_spawn_helper(executable, &texts, pair[1], &process)
        guard failure == 0 else {
            close(pair[0])
            throw .unavailable("the media helper cannot be started (\(String(cString: strerror(failure))))")
        }
        id = process
        socket = pair[0]
        isReaped = Mutex(false)
        // The server's copy must be gone, or the end of the helper would not be seen.
        close(pair[1])
        pair[1] = -1
        var hello: JSONValue = .null
        var failed: MediaError?
        do throws(MediaError) { hello = try Self.receive(pair[0], timeout: 20_000) } catch { failed = error }
        landlock = Int(clamping: hello["landlock"]?.integer ?? 0)
        if let fault = hello["fault"]?.string { failed = .unavailable(HelperMessage.printable(fault)) }
        if let failed {
            end()
            throw failed
        }
    }

    /// Sends a request and waits for its answer. `.crashed` when the helper ends first; nil when it had ended, or said good-bye, before
    /// it began: then the request may be given to another one.
    func exchange(
        _ request: JSONValue, descriptors: [Int32], timeout: Int32, sent: () -> Void
    ) throws(MediaError) -> JSONValue? {
        var buffer = ByteBuffer()
        buffer.writeJSON(request)
        guard buffer.readableBytes < HelperMessage.longest else { throw .unsupported("too many variants") }
        let failure = buffer.withUnsafeReadableBytes {
            atlas_send_message(socket, $0.baseAddress, $0.count, descriptors, descriptors.count)
        }
        if failure == EPIPE || failure == ECONNRESET { return nil }
        guard failure == 0 else { throw .unavailable("the media helper cannot be reached (\(String(cString: strerror(failure))))") }
        sent()
        let answer = try Self.receive(socket, timeout: timeout)
        return answer["bye"] == nil ? answer : nil
    }

    private static func receive(_ socket: Int32, timeout: Int32) throws(MediaError) -> JSONValue {
        var bytes = [UInt8](repeating: 0, count: HelperMessage.longest)
        var none = 0
        var descriptor: Int32 = -1
        let length = atlas_receive_message(socket, &bytes, bytes.count, &descriptor, &none, timeout)
        if length == -Int(ETIMEDOUT) { throw .timeout }
        guard length > 0 else { throw .crashed("the media helper ended before it answered") }
        guard let message = try? JSONParser.parse(Array(bytes.prefix(length))) else { throw .crashed("malformed answer") }
        return message
    }

    /// From any thread, at any time.
    func kill() {
        isReaped.withLock { reaped in
            if !reaped { _ = Glibc.kill(id, SIGKILL) }
        }
    }

    /// Ends the process and forgets it. Nothing may be called afterwards but `kill`.
    func end() {
        kill()
        close(socket)
        var information = siginfo_t()
        // Waiting without reaping keeps the id, so that `kill` never meets another process.
        while waitid(P_PID, id_t(id), &information, WEXITED | WNOWAIT) < 0, errno == EINTR {}
        isReaped.withLock { reaped in
            var status: Int32 = 0
            waitpid(id, &status, WNOHANG)
            reaped = true
        }
    }
}
