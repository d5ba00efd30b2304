import Glibc
import Ports

/// The right of one process to a data directory: an exclusive flock(2) on `lock` in it, which the kernel releases when the process dies.
///
/// SQLite's own exclusive mode would shut out readers and the operator's `sqlite3`.
package final class ProcessLock: Sendable {
    private let descriptor: Int32

    /// Does not wait. Throws `StoreError.unavailable`, which names the process that holds it.
    package init(directory: String) throws {
        let path = directory + "/lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw StoreError.unavailable("cannot open \(path): \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno
            let holder = ProcessLock.holder(descriptor)
            Glibc.close(descriptor)
            guard reason == EWOULDBLOCK else {
                throw StoreError.unavailable("cannot lock \(path): \(String(cString: strerror(reason)))")
            }
            throw StoreError.unavailable("\(directory) is in use by \(holder.map { "process \($0)" } ?? "another process")")
        }
        let text = "\(getpid())\n"
        ftruncate(descriptor, 0)
        _ = text.withCString { pwrite(descriptor, $0, strlen($0), 0) }
        self.descriptor = descriptor
    }

    private static func holder(_ descriptor: Int32) -> Int? {
        var bytes = [UInt8](repeating: 0, count: 20)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard count > 0 else { return nil }
        return Int(String(decoding: bytes[..<count].prefix { $0 >= 0x30 && $0 <= 0x39 }, as: UTF8.self))
    }

    deinit {
        // A child that is between fork and exec shares the descriptor, and would keep the lock beyond the close.
        flock(descriptor, LOCK_UN)
        Glibc.close(descriptor)
    }
}
