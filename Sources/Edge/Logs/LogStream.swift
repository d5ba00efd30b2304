import Glibc
package import NIOCore
import NIOPosix
import Synchronization

/// Lines on their way to a file descriptor, written in order by one thread of their own: whoever appends never waits for a disk or a pipe.
///
/// At most `capacity` bytes wait; what does not fit is dropped and counted. Writing that fails is dropped likewise.
package final class LogStream: Sendable {
    private let descriptor: CInt
    private let capacity: Int
    private let thread = NIOThreadPool(numberOfThreads: 1)
    private let waiting = Atomic<Int>(0)
    private let lost = Atomic<Int>(0)

    /// The descriptor stays the caller's, who keeps it open until `close()` has returned.
    package init(descriptor: CInt, capacity: Int = 8 * 1024 * 1024) {
        self.descriptor = descriptor
        self.capacity = capacity
        thread.start()
        thread.submit { _ in
            // A pipe whose reader has gone is an error of `write`, not the end of the server (signal(7))
            var signals = sigset_t()
            sigemptyset(&signals)
            sigaddset(&signals, SIGPIPE)
            pthread_sigmask(SIG_BLOCK, &signals, nil)
        }
    }

    /// Whole lines. Safe from any thread.
    package func append(_ lines: ByteBuffer, count: Int = 1) {
        let size = lines.readableBytes
        guard size > 0 else { return }
        guard waiting.add(size, ordering: .relaxed).newValue <= capacity else {
            waiting.subtract(size, ordering: .relaxed)
            lost.add(count, ordering: .relaxed)
            return
        }
        thread.submit { [self] state in
            if state != .active || !write(lines) { lost.add(count, ordering: .relaxed) }
            waiting.subtract(size, ordering: .relaxed)
        }
    }

    /// Lines dropped so far.
    package var dropped: Int { lost.load(ordering: .relaxed) }

    /// Returns when everything appended before has been handed to the kernel.
    package func flush() async {
        try? await thread.runIfActive {}
    }

    /// Flushes and ends the thread; what is appended afterwards is dropped.
    package func close() async {
        await flush()
        try? await thread.shutdownGracefully()
    }

    private func write(_ lines: ByteBuffer) -> Bool {
        lines.withUnsafeReadableBytes { bytes in
            var offset = 0
            while offset < bytes.count {
                let written = Glibc.write(descriptor, bytes.baseAddress?.advanced(by: offset), bytes.count - offset)
                if written > 0 {
                    offset += written
                } else if written < 0, errno == EINTR {
                    continue
                } else if written < 0, errno == EAGAIN {
                    var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    if Glibc.poll(&poll, 1, 1000) <= 0 { return false }
                } else {
                    return false
                }
            }
            return true
        }
    }
}
