import Crypto
import Glibc
package import NIOCore
package import NIOPosix
import Synchronization

/// A body on its way to disk: written piece by piece to a temporary file (0600), hashed and counted, off the event loop.
///
/// The next piece may be handed over when the future of the last has succeeded (back pressure). Exactly one of `finish` and `abandon`
/// ends it; after any failure there is no file.
package final class UploadFile: Sendable {
    package struct Finished: Sendable, Equatable {
        /// The file; the caller moves or removes it.
        package var path: String
        /// Bytes.
        package var size: Int64
        /// Lower-case hexadecimal.
        package var sha256: String
        /// Up to `MediaType.prefixLength` leading bytes, for `MediaType.detect`.
        package var prefix: [UInt8]
    }

    package enum Failure: Error, Sendable, Equatable {
        /// More than that many bytes.
        case tooLarge(Int64)
        /// The disk; for logs, not for clients.
        case unavailable(String)
        case ended
    }

    private struct State {
        var file: Int32?
        var isEnded = false
        var hash = SHA256()
        var size: Int64 = 0
        var prefix: [UInt8] = []
    }

    private let path: String
    private let maximum: Int64
    private let threads: NIOThreadPool
    private let state = Mutex(State())

    /// Nothing is opened before the first piece.
    package init(directory: String, maximum: Int64, threads: NIOThreadPool) {
        path = "\(directory)/\(TemporaryName.make())"
        self.maximum = maximum
        self.threads = threads
    }

    deinit {
        // The last reference went without an end: as `abandon`.
        state.withLock { discard(&$0) }
    }

    package func write(_ piece: ByteBuffer, on loop: any EventLoop) -> EventLoopFuture<Void> {
        threads.runIfActive(eventLoop: loop) { [self] in
            try state.withLock { state in
                do {
                    try append(piece, &state)
                } catch {
                    discard(&state)
                    throw error
                }
            }
        }
    }

    /// The whole file. It is not yet synced: `ObjectStore.put` does that. `most`: bytes, where that is less than was taken on the way.
    package func finish(atMost most: Int64 = .max, on loop: any EventLoop) -> EventLoopFuture<Finished> {
        threads.runIfActive(eventLoop: loop) { [self] in
            try state.withLock { state in
                guard state.size <= most else {
                    discard(&state)
                    throw Failure.tooLarge(most)
                }
                let file = try open(&state)
                state.isEnded = true
                state.file = nil
                close(file)
                return Finished(path: path, size: state.size, sha256: Hexadecimal.text(state.hash.finalize()), prefix: state.prefix)
            }
        }
    }

    /// Removes the file, at any time, after pieces that are still being written.
    package func abandon() {
        threads.submit { [self] _ in state.withLock { discard(&$0) } }
    }

    private func append(_ piece: ByteBuffer, _ state: inout State) throws {
        let file = try open(&state)
        guard Int64(piece.readableBytes) <= maximum - state.size else { throw Failure.tooLarge(maximum) }
        let failure = piece.withUnsafeReadableBytes { bytes in
            if state.prefix.count < MediaType.prefixLength {
                state.prefix.append(contentsOf: bytes.prefix(MediaType.prefixLength - state.prefix.count))
            }
            state.hash.update(bufferPointer: bytes)
            state.size += Int64(bytes.count)
            return FileWrite.all(bytes, to: file)
        }
        guard failure == 0 else { throw Failure.unavailable(String(cString: strerror(failure))) }
    }

    private func open(_ state: inout State) throws -> Int32 {
        if state.isEnded { throw Failure.ended }
        if let file = state.file { return file }
        let file = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw Failure.unavailable(String(cString: strerror(errno))) }
        state.file = file
        return file
    }

    private func discard(_ state: inout State) {
        if let file = state.file {
            close(file)
            unlink(path)
        }
        state.file = nil
        state.isEnded = true
    }
}
