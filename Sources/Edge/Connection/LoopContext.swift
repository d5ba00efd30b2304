import Logging
import NIOCore
import NIOPosix
import Ports

/// What the connections of one event loop share, so that nothing on the way of a request is shared between threads.
/// Belongs to its loop: made there, used there.
final class LoopContext {
    /// Deadlines are looked at this often; they are met with that precision.
    static let tick = TimeAmount.milliseconds(500)

    let loop: any EventLoop
    let options: EdgeOptions
    let clock: any Clock
    let logger: Logger
    let readiness: Readiness
    let files: NIOThreadPool
    let accessLog: AccessLogBuffer?
    var responder: any Responder
    var ids = RequestIDs()
    var timestamps = TimestampCache()
    /// Heads are written here; its memory is used again as soon as the kernel has taken them.
    var scratch = ByteBufferAllocator().buffer(capacity: 4096)
    private(set) var isDraining = false

    private var connections: [ObjectIdentifier: HTTP1Connection] = [:]
    private var isTicking = false
    private var drained: EventLoopPromise<Void>?

    init(
        loop: any EventLoop, options: EdgeOptions, clock: any Clock, logger: Logger, readiness: Readiness, files: NIOThreadPool,
        accessLog: AccessLog?, responder: any Responder
    ) {
        self.loop = loop
        self.options = options
        self.clock = clock
        self.logger = logger
        self.readiness = readiness
        self.files = files
        self.accessLog = accessLog.map { AccessLogBuffer($0, loop: loop) }
        self.responder = responder
    }

    func add(_ connection: HTTP1Connection) {
        connections[ObjectIdentifier(connection)] = connection
        guard !isTicking else { return }
        isTicking = true
        scheduleTick()
    }

    func remove(_ connection: HTTP1Connection) {
        connections[ObjectIdentifier(connection)] = nil
        succeedIfDrained()
    }

    /// One scan for all deadlines is cheaper than a timer per request; it stops while there are no connections.
    private func scheduleTick() {
        loop.assumeIsolated().scheduleTask(in: Self.tick) {
            let now = self.loop.now
            for connection in Array(self.connections.values) where connection.deadline <= now { connection.expire(now) }
            if self.connections.isEmpty {
                self.isTicking = false
            } else {
                self.scheduleTick()
            }
        }
    }

    // MARK: Ending

    /// Closes idle connections and lets the others finish. Succeeds when those that were open now are gone.
    func drain() -> EventLoopFuture<Void> {
        if let drained { return drained.futureResult }
        isDraining = true
        let promise = loop.makePromise(of: Void.self)
        drained = promise
        for connection in Array(connections.values) { connection.drain() }
        succeedIfDrained()
        return promise.futureResult
    }

    /// Closes everything at once; answers how many requests were cut off.
    func cut() -> Int {
        var count = 0
        for connection in Array(connections.values) {
            if connection.isServing { count += 1 }
            connection.closeNow()
        }
        return count
    }

    /// Connections that were opened after draining began only ask for health; they hold nothing up.
    private func succeedIfDrained() {
        guard let drained, !connections.values.contains(where: { !$0.isLate }) else { return }
        drained.succeed()
    }
}
