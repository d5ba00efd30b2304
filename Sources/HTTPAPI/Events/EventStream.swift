internal import Edge
internal import Expressions
internal import Identity
internal import NIOCore
internal import Ports
internal import Records
internal import Synchronization

/// One stream of `GET /events`: a cursor in the log, and who listens.
///
/// For each event it asks, when it tells it, what its caller may read of the record then. What the client does not take stays in the log.
// Safe: everything that changes is touched on `loop` alone.
final class EventStream: BodySource, @unchecked Sendable {
    /// What a client asks for.
    struct Wish: Sendable {
        /// Collections, and perhaps `jobs`.
        var names: Set<String>
        var start: Start
        /// Stands behind each number where the stream was opened by a ticket.
        var proof: String?
    }

    enum Start: Sendable {
        case now
        case after(Int64)
        /// What the client has seen is not known here.
        case lost
    }

    let isEndless = true
    let loop: any EventLoop
    /// Until it ends.
    private var place: EventPlace?
    private let hub: EventHub
    private let wish: Wish
    private let generation: Int
    /// Changes of whose standing concern this stream.
    let concerns: Set<StandingChange>
    /// Raised on any thread whenever his standing may have changed.
    private let doubts = Atomic<Int>(0)

    var caller: Caller
    /// As of which doubt his standing is known.
    var settled = 0
    private(set) var ground: EventGround
    /// When his session ends by itself.
    var expiry: Int64 = .max
    private var outlet: (any BodyOutlet)?
    private var cursor: Int64 = 0
    /// The last number that the client was given.
    private var given: Int64 = 0
    private var batch: ArraySlice<LoggedEvent> = []
    private var out = ByteBuffer()
    /// Waits for the store.
    private(set) var isBusy = false
    private(set) var isOver = false
    /// Tells nothing more, and ends in a moment.
    private var isLeaving = false

    /// Milliseconds after which a client whose stream breaks off comes again.
    static let retry: Int64 = 2_000
    /// Written at once beyond that.
    private static let piece = 16 * 1024
    /// Events that are looked at in one turn of the loop.
    private static let turn = 32

    /// `generation` is the hub's before the caller was found out: whatever has changed since is looked at again.
    init(
        _ caller: Caller, since generation: Int, place: EventPlace, wish: Wish, ground: EventGround, loop: any EventLoop
    ) {
        self.caller = caller
        self.generation = generation
        self.place = place
        self.wish = wish
        self.ground = ground
        self.loop = loop
        hub = ground.services.hub
        concerns = Set(
            [
                caller.environment.me.map { .user($0.id) }, caller.session.map { .session($0) },
                caller.environment.tenant.map { .tenant($0.id) },
            ].compactMap { $0 })
    }

    var now: Int64 { hub.clock.now() }

    // MARK: Coming and going

    func begin(_ outlet: any BodyOutlet) {
        self.outlet = outlet
        hub.add(self)
        if hub.generation != generation { doubt() }
        if let current = hub.ground, current !== ground {
            // What it was asked of is no longer there.
            guard current.means(ground) else { return leave() }
            ground = current
        }
        let reach = hub.store.snapshot(on: loop) { try $0.events.reach() }
        wait(for: reach.and(sessionEnd())) { [self] (reach, expiry) in
            guard let expiry else { return finish() }
            self.expiry = expiry
            guard !isLeaving else { return }
            writeRetry(Self.retry)
            switch wish.start {
            case .after(let number) where reach.covers(number):
                (cursor, given) = (number, number)
                out.writeStaticString("\n")
            case .now: note("ready", at: reach.last)
            case .after, .lost: note("reset", at: reach.last)
            }
            hub.follow(from: reach.last)
            advance()
        }
    }

    func resume() { advance() }

    func drain() { leave() }

    /// Goes on as a stream of that site; where it means something else there, tells nothing more and ends after `delay`.
    func stand(on next: EventGround, orEndIn delay: TimeAmount) {
        guard !isOver, !isLeaving else { return }
        guard next.means(ground) else {
            isLeaving = true
            batch = []
            loop.assumeIsolated().scheduleTask(in: delay) { [self] in leave() }
            return
        }
        ground = next
        // Who somebody is may be known otherwise there.
        doubt()
        wake()
    }

    /// Ends because of the server, not of the listener: he is told when to come again, each at a moment of his own.
    private func leave() {
        guard !isOver else { return }
        writeRetry(hub.retry())
        out.writeStaticString("\n")
        finish()
    }

    func end() {
        guard !isOver else { return }
        isOver = true
        outlet = nil
        batch = []
        out = ByteBuffer()
        hub.remove(self)
        place = nil
    }

    /// From now on nothing is known of his standing. On any thread.
    func doubt() { doubts.wrappingAdd(1, ordering: .acquiringAndReleasing) }

    /// What has been doubted so far.
    var doubtsSoFar: Int { doubts.load(ordering: .acquiring) }

    /// There may be news, or the caller may be another.
    func wake() { advance() }

    /// A sign of life, with which a client that hears nothing learns where it stands in the log. Whoever takes nothing just now is looked at too:
    /// he must not be told more, when he takes it, than he may hear then.
    func pulse() {
        guard !isOver, !isLeaving, let outlet else { return }
        // What the clock decides about an account or a tenant is no change that anybody would tell.
        doubt()
        guard outlet.isWritable else { return }
        if !isBusy, !isAdmitted() { return }
        out.writeStaticString(": ping\n")
        if cursor > given { writeNumber() }
        out.writeStaticString("\n")
        flush()
        advance()
    }

    func finish() {
        flush()
        outlet?.finish()
    }

    // MARK: Going on

    /// Tells what there is to tell, as long as the client takes it.
    private func advance() {
        var left = Self.turn
        while !isOver, !isBusy, !isLeaving, let outlet, outlet.isWritable {
            guard isAdmitted() else { break }
            if left == 0 {
                // Others on this loop have their turn.
                isBusy = true
                loop.executeInNextTurn { [self] in
                    isBusy = false
                    advance()
                }
                break
            }
            left -= 1
            if let event = batch.first {
                tell(event)
            } else if !fetch() {
                break
            }
            if out.readableBytes >= Self.piece { flush() }
        }
        flush()
    }

    /// Gets more to tell; false when there is nothing for now.
    private func fetch() -> Bool {
        if let next = hub.events(after: cursor) {
            batch = next
            return !next.isEmpty
        }
        let cursor = cursor
        let read = hub.store.snapshot(on: loop) { (try $0.events.reach(), try $0.events.events(after: cursor, limit: EventHub.batch)) }
        wait(for: read) { [self] (reach, events) in
            if reach.covers(cursor) {
                batch = ArraySlice(events)
            } else {
                note("reset", at: reach.last)
            }
            if batch.isEmpty { hub.follow(from: reach.last) }
        }
        return !isBusy
    }

    private func tell(_ logged: LoggedEvent) {
        guard wish.names.contains(logged.event.record.collection), logged.event.isMeant(for: caller) else { return pass(logged) }
        caller.environment.now = now
        wait(for: ground.tell(logged.event, caller, loop)) { [self] data in
            pass(logged)
            guard let data, !isLeaving else { return }
            out.writeStaticString("event: ")
            out.writeString(logged.event.record.collection)
            out.writeStaticString(".")
            out.writeString(logged.event.name)
            out.writeStaticString("\n")
            writeNumber()
            out.writeStaticString("data: ")
            out.writeImmutableBuffer(data)
            out.writeStaticString("\n\n")
        }
    }

    private func pass(_ logged: LoggedEvent) {
        cursor = logged.number
        batch = batch.dropFirst()
    }

    /// Runs `then` with what the future brings: in place where it is there already, as it is for most reads on a loop; else the stream is busy until
    /// then. A store that fails ends the stream, and the client comes again.
    func wait<Value: Sendable>(for future: EventLoopFuture<Value>, _ then: @escaping (Value) -> Void) {
        isBusy = true
        var isLater = false
        future.assumeIsolated().whenComplete { [self] result in
            isBusy = false
            guard !isOver else { return }
            switch result {
            case .success(let value): then(value)
            case .failure: outlet?.fail()
            }
            if isLater { advance() }
        }
        isLater = true
    }

    // MARK: Writing

    /// What concerns the stream itself, and where it stands now.
    private func note(_ name: String, at number: Int64) {
        cursor = number
        out.writeStaticString("event: ")
        out.writeString(name)
        out.writeStaticString("\n")
        writeNumber()
        out.writeStaticString("data: {}\n\n")
    }

    private func writeRetry(_ milliseconds: Int64) {
        out.writeStaticString("retry: ")
        out.writeString(String(milliseconds))
        out.writeStaticString("\n")
    }

    private func writeNumber() {
        given = cursor
        out.writeStaticString("id: ")
        out.writeString(String(cursor))
        if let proof = wish.proof {
            out.writeStaticString(".")
            out.writeString(proof)
        }
        out.writeStaticString("\n")
    }

    private func flush() {
        guard out.readableBytes > 0 else { return }
        let piece = out
        // Between events a stream keeps no memory.
        out = ByteBuffer()
        outlet?.write(piece)
    }
}
