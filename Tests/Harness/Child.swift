package import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// A child process whose output is read line by line.
package final class Child: Sendable {
    package let process: pid_t
    /// Standard output and standard error, in the order written.
    private let lines: Mutex<Output>
    private let ended: EventLoopFuture<Int32>

    private struct Output {
        var lines: [String] = []
        var waiters: [(matches: @Sendable (String) -> Bool, promise: EventLoopPromise<String>)] = []
        var isClosed = false
    }

    /// The output ended without the line that was waited for.
    package struct NoSuchLine: Error, CustomStringConvertible {
        var output: [String]
        package var description: String { "the program ended without the expected line; it said:\n" + output.joined(separator: "\n") }
    }

    /// Starts `path` with nothing but PATH and `environment` in its environment, and `input` on its standard input.
    package init(_ path: String, _ arguments: [String], input: String = "", environment extra: [String: String] = [:]) async throws {
        // Sockets, because a pipe cannot be made close-on-exec at once here: another child would inherit it, and never see its end.
        let output = try Self.socketPair()
        let inputPair = try Self.socketPair()

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, inputPair[0], 0)
        posix_spawn_file_actions_adddup2(&actions, output[1], 1)
        posix_spawn_file_actions_adddup2(&actions, output[1], 2)
        // Sockets of other tests stay theirs: a listener that a child holds as well would go on accepting after it was closed.
        // (glibc's `addclosefrom_np` is behind a macro that Swift does not see; closing what is not open is no error.)
        for descriptor in Int32(3)..<1024 { posix_spawn_file_actions_addclose(&actions, descriptor) }

        // Threads of the runtime block most signals, and a child would inherit that: it could not be told to stop.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var argv: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        let variables = ["PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"] + extra.map { "\($0.key)=\($0.value)" }
        var environment: [UnsafeMutablePointer<CChar>?] = variables.map { strdup($0) } + [nil]
        defer { for text in argv + environment { free(text) } }
        var spawned: pid_t = 0
        let status = posix_spawn(&spawned, path, &actions, &attributes, &argv, &environment)
        close(output[1])
        close(inputPair[0])
        // A password fits the socket's buffer: this does not wait for the reader.
        _ = input.withCString { Glibc.send(inputPair[1], $0, strlen($0), Int32(MSG_NOSIGNAL)) }
        close(inputPair[1])
        guard status == 0 else {
            close(output[0])
            throw SystemError(operation: "spawn \(path)", code: status)
        }

        let process = spawned
        self.process = process
        lines = Mutex(Output())
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        // A thread of its own: a shared pool has fewer than there are programs at once, and those that wait would hold them all.
        let pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
        ended = pool.runIfActive(eventLoop: loop) {
            var status: Int32 = 0
            while waitpid(process, &status, 0) < 0, errno == EINTR {}
            // As a shell reports it: the exit status, or 128 and the signal.
            return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
        }
        ended.whenComplete { _ in pool.shutdownGracefully { _ in } }
        let reader = LineReader { [weak self] line in self?.take(line) }
        _ = try await NIOPipeBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(reader) }
            }
            .takingOwnershipOfDescriptor(input: output[0]).get()
    }

    /// A test that failed half-way leaves no program behind.
    deinit {
        if !lines.withLock({ $0.isClosed }) { kill(process, SIGKILL) }
    }

    private static func socketPair() throws -> [Int32] {
        var pair: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &pair) == 0 else { throw SystemError(operation: "socketpair", code: errno) }
        return pair
    }

    package var isRunning: Bool { lines.withLock { !$0.isClosed } }

    package var output: [String] { lines.withLock { $0.lines } }

    /// The first line, past or to come, that matches. Waits as long as the program runs.
    package func line(where matches: @escaping @Sendable (String) -> Bool) async throws -> String {
        let promise = MultiThreadedEventLoopGroup.singleton.next().makePromise(of: String.self)
        lines.withLock { output in
            if let line = output.lines.first(where: matches) {
                promise.succeed(line)
            } else if output.isClosed {
                promise.fail(NoSuchLine(output: output.lines))
            } else {
                output.waiters.append((matches, promise))
            }
        }
        return try await promise.futureResult.get()
    }

    package func signal(_ number: Int32) { kill(process, number) }

    /// Waits for the end: the exit status, or 128 and the number of the signal.
    package func exitStatus() async throws -> Int32 { try await ended.get() }

    /// The same with all that it wrote, for a program that leaves no other behind: the end of a process may be seen before its last line is.
    package func finished() async throws -> (status: Int32, output: [String]) {
        _ = try? await line { _ in false }
        return (try await exitStatus(), output)
    }

    private func take(_ line: String?) {
        lines.withLock { output in
            guard let line else {
                output.isClosed = true
                for waiter in output.waiters { waiter.promise.fail(NoSuchLine(output: output.lines)) }
                output.waiters = []
                return
            }
            output.lines.append(line)
            output.waiters.removeAll { waiter in
                guard waiter.matches(line) else { return false }
                waiter.promise.succeed(line)
                return true
            }
        }
    }
}

/// Splits a stream into lines; nil is its end.
private final class LineReader: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private let take: @Sendable (String?) -> Void
    private let rest = Mutex<[UInt8]>([])

    init(_ take: @escaping @Sendable (String?) -> Void) {
        self.take = take
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var lines: [String] = []
        rest.withLock { rest in
            rest += unwrapInboundIn(data).readableBytesView
            let pieces = rest.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            lines = pieces.dropLast().map { String(decoding: $0, as: UTF8.self) }
            rest = pieces.last.map(Array.init) ?? []
        }
        for line in lines { take(line) }
    }

    func channelInactive(context: ChannelHandlerContext) { take(nil) }
}
