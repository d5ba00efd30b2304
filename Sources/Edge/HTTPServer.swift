import Glibc
package import Logging
import NIOCore
import NIOHTTP1
package import NIOPosix
package import Ports
import Synchronization

/// The server: listens, takes requests apart, lets a `Responder` answer them and ends in good order.
///
/// Call `start`, then any number of `replace`, then `drain` once, then `stop` once.
package final class HTTPServer: Sendable {
    /// Its loops call the responder; adapters that keep something per loop build on it.
    package let group: MultiThreadedEventLoopGroup
    /// What `/health/ready` says.
    package let readiness: Readiness

    private let options: EdgeOptions
    private let clock: any Clock
    private let logger: Logger
    private let accessLog: AccessLog?
    private let files = NIOThreadPool(numberOfThreads: 2)
    private let ownsGroup: Bool
    private let state: Mutex<State>

    private struct State {
        var responder: any Responder
        var loops: [NIOLoopBound<LoopContext>] = []
        var listeners: [any Channel] = []
    }

    /// Why the server cannot listen, in a sentence for the operator.
    package struct ListenFailure: Error, CustomStringConvertible {
        package var description: String
    }

    /// `group` lets the responder's parts be built on the same loops before the server; without it the server makes its own.
    package init(
        options: EdgeOptions, responder: any Responder, clock: any Clock, log: Logger, accessLog: AccessLog?,
        readiness: Readiness = Readiness(notReady: nil), group: MultiThreadedEventLoopGroup? = nil
    ) {
        self.options = options
        self.clock = clock
        logger = log
        self.accessLog = accessLog
        self.readiness = readiness
        ownsGroup = group == nil
        self.group = group ?? MultiThreadedEventLoopGroup(numberOfThreads: options.threads > 0 ? options.threads : System.coreCount)
        state = Mutex(State(responder: responder))
    }

    /// Listens, and answers with the bound addresses (`127.0.0.1:43211`). Throws `ListenFailure`; nothing is left open then.
    package func start() async throws -> [String] {
        files.start()
        let responder = state.withLock { $0.responder }
        for loop in group.makeIterator() {
            let context = try await loop.submit { [options, clock, logger, readiness, files, accessLog] in
                NIOLoopBound(
                    LoopContext(
                        loop: loop, options: options, clock: clock, logger: logger, readiness: readiness, files: files,
                        accessLog: accessLog, responder: responder), eventLoop: loop)
            }.get()
            state.withLock { $0.loops.append(context) }
        }
        do {
            if options.inheritedSockets.isEmpty {
                for text in options.addresses {
                    guard let address = ListenAddress(text) else {
                        throw ListenFailure(description: "\(text) is no address to listen on; write it as 127.0.0.1:8080 or [::1]:8080")
                    }
                    try await listen(on: address)
                }
            } else {
                for descriptor in options.inheritedSockets {
                    keep(try await bootstrap(group).withBoundSocket(descriptor).get())
                }
            }
        } catch {
            await closeListeners()
            throw error
        }
        var seen: [String] = []
        for listener in state.withLock({ $0.listeners }) {
            guard let address = listener.localAddress.map(Self.text), !seen.contains(address) else { continue }
            seen.append(address)
        }
        return seen
    }

    /// From now on requests go to the new responder; those already begun stay with the one they had. Returns when every loop has it.
    package func replace(responder: any Responder) async {
        let loops = state.withLock { state in
            state.responder = responder
            return state.loops
        }
        for context in loops {
            try? await context.eventLoop.submit { context.value.responder = responder }.get()
        }
    }

    /// Ends in good order: `/health/ready` says 503 on the still open listeners, idle connections close, requests in flight finish with
    /// `connection: close`. After `milliseconds` the rest is cut off. Returns how many requests were.
    @discardableResult
    package func drain(within milliseconds: Int64) async -> Int {
        readiness.becomeUnready("shutting down")
        let loops = state.withLock { $0.loops }
        let first = group.any()
        let drained = loops.map { context in context.eventLoop.flatSubmit { context.value.drain() } }
        let grace = first.makePromise(of: Void.self)
        let timer = first.scheduleTask(in: .milliseconds(max(0, milliseconds))) { grace.succeed() }
        EventLoopFuture.andAllComplete(drained, on: first).whenComplete { _ in grace.succeed() }
        try? await grace.futureResult.get()
        timer.cancel()
        await closeListeners()
        var count = 0
        for context in loops {
            count += (try? await context.eventLoop.submit { context.value.cut() }.get()) ?? 0
        }
        return count
    }

    /// Hands the last lines of the access log to its stream and ends the threads. `drain` comes first.
    package func stop() async {
        await closeListeners()
        for context in state.withLock({ $0.loops }) {
            // Connections that are cut write their line before the loop comes to the flush
            _ = try? await context.eventLoop.submit { _ = context.value.cut() }.get()
            try? await context.eventLoop.submit { context.value.accessLog?.flush() }.get()
        }
        await accessLog?.stream.flush()
        try? await files.shutdownGracefully()
        if ownsGroup { try? await group.shutdownGracefully() }
    }

    // MARK: Listening

    /// One socket per loop where the kernel allows it (SO_REUSEPORT, socket(7)): connections spread without a shared queue.
    private func listen(on address: ListenAddress) async throws {
        let loops = Array(group.makeIterator())
        // SO_REUSEPORT would let a second server join in silence, so the port must first be free without it
        var port = address.port
        if port != 0 { try await bind(address, port, on: group, sharing: false).close().get() }
        guard loops.count > 1, let first = loops.first else {
            return keep(try await bind(address, port, on: group, sharing: false))
        }
        let listener = try await bind(address, port, on: first, sharing: true)
        keep(listener)
        port = listener.localAddress?.port ?? port
        for loop in loops.dropFirst() {
            keep(try await bind(address, port, on: loop, sharing: true))
        }
    }

    private func bind(_ address: ListenAddress, _ port: Int, on loops: any EventLoopGroup, sharing: Bool) async throws -> any Channel {
        var bootstrap = bootstrap(loops)
        if sharing { bootstrap = bootstrap.serverChannelOption(.socketOption(.init(rawValue: SO_REUSEPORT)), value: 1) }
        do {
            return try await bootstrap.bind(host: address.host, port: port).get()
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            let holder = try? await NIOThreadPool.singleton.runIfActive { PortHolder.name(ofPort: port) }
            throw ListenFailure(description: "\(address) is in use by \((holder ?? nil) ?? "another process")")
        } catch let error as IOError where error.errnoCode == EACCES {
            throw ListenFailure(
                description: "\(address) needs the right to bind ports below 1024 (CAP_NET_BIND_SERVICE, or socket activation)")
        } catch let error as IOError where error.errnoCode == EADDRNOTAVAIL {
            throw ListenFailure(description: "\(address) is no address of this machine")
        } catch {
            throw ListenFailure(description: "cannot listen on \(address): \(error)")
        }
    }

    private func bootstrap(_ loops: any EventLoopGroup) -> ServerBootstrap {
        let contexts = Dictionary(
            state.withLock { $0.loops }.map { (ObjectIdentifier($0.eventLoop), $0) }, uniquingKeysWith: { first, _ in first })
        return ServerBootstrap(group: loops)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                // Out of descriptors, accepting again at once would spin
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(AcceptBackoffHandler()) }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 32 * 1024, high: 64 * 1024))
            .childChannelInitializer { channel in
                guard let context = contexts[ObjectIdentifier(channel.eventLoop)] else {
                    return channel.eventLoop.makeFailedFuture(ChannelError.inappropriateOperationForState)
                }
                return channel.eventLoop.makeCompletedFuture { try HTTP1Connection.install(on: channel, context.value) }
            }
    }

    private func keep(_ listener: any Channel) {
        state.withLock { $0.listeners.append(listener) }
    }

    private func closeListeners() async {
        let listeners = state.withLock { state in
            defer { state.listeners = [] }
            return state.listeners
        }
        for listener in listeners { try? await listener.close().get() }
    }

    private static func text(_ address: SocketAddress) -> String {
        guard let host = address.ipAddress, let port = address.port else { return address.pathname ?? "" }
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}

extension HTTP1Connection {
    /// The whole pipeline of a cleartext connection.
    static func install(on channel: any Channel, _ shared: LoopContext) throws {
        var limits = NIOHTTPDecoderLimitConfiguration()
        // Wider than what is allowed, so that the head arrives and the refusal can say what was too great (414 or 431)
        limits.maxHeaderFieldSize = shared.options.headerBytes + shared.options.targetBytes
        limits.maxHeaderListSize = 2 * limits.maxHeaderFieldSize
        limits.maxHeaderFieldCount = shared.options.headerFields
        let decoder = HTTPRequestDecoder(
            leftOverBytesStrategy: .dropBytes, informationalResponseStrategy: .drop, limitConfiguration: limits)
        try channel.pipeline.syncOperations.addHandler(
            ByteToMessageHandler(decoder, maximumBufferSize: 2 * limits.maxHeaderListSize))
        try channel.pipeline.syncOperations.addHandler(HTTP1Connection(shared: shared))
    }
}
