internal import Expressions
package import Identity
package import Logging
package import NIOCore
package import Ports
internal import Synchronization

/// Where streams wait for news. Whoever writes pays for one lock and, at most, one wake-up of each event loop that has streams.
///
/// A stream is a cursor: the hub tells it only that there may be something, and keeps the end of the log in memory so that streams which keep up
/// do not each read it. A slow one costs nothing while it lags.
package final class EventHub: Sendable {
    package struct Options: Sendable {
        /// Streams of one user, and those of anonymous callers at one address (of IPv6: in one network).
        package var perUser = 20
        package var perAddress = 100
        package var most = 10_000
        /// Events that are kept in memory, at least, while anybody listens.
        package var remembered = 1_024
        /// Between two signs of life on a stream that has nothing to tell.
        package var pulse = TimeAmount.seconds(20)
        /// Where many come again, they do so over that many milliseconds for each of them, and at most over so many.
        package var pace: Int64 = 5
        package var longestSpread: Int64 = 5_000

        package init() {}
    }

    /// The streams of one event loop.
    private struct Room {
        var loop: any EventLoop
        var streams: [ObjectIdentifier: EventStream] = [:]
        /// They are being woken, or are about to be.
        var isWoken = false
        /// Since that began there have been other news.
        var isStale = false
        var isTicking = false
    }

    private struct State {
        var rooms: [ObjectIdentifier: Room] = [:]
        /// Places that are taken: by whom, and of all.
        var held: [String: Int] = [:]
        var taken = 0
        /// Streams that have begun.
        var total = 0
        /// Streams by what their standing rests on.
        var concerned: [StandingChange: [ObjectIdentifier: EventStream]] = [:]
        /// What new streams stand on; nil before the first site.
        var ground: EventGround?
        /// Nil while nobody listens.
        var tail: EventTail?
        var isReading = false
        /// News have come while the log was being read.
        var isStale = false
    }

    package let options: Options
    let store: any Store
    let clock: any Clock
    private let random: any Random
    private let home: any EventLoop
    private let log: Logger
    private let state = Mutex(State())
    private let changes = Atomic<Int>(0)
    /// Events that are read from the log at a time.
    static let batch = 64
    /// Streams that are looked at in one turn of their loop.
    private static let turn = 64

    /// `home` is where the log is read for all.
    package init(
        store: any Store, clock: any Clock, random: any Random, home: any EventLoop, log: Logger, options: Options = Options()
    ) {
        self.store = store
        self.clock = clock
        self.random = random
        self.home = home
        self.log = log
        self.options = options
        store.onEvents { [weak self] in self?.refresh() }
    }

    // MARK: Streams

    /// A place for one more stream of that holder, unless there are too many already.
    func place(for holder: EventHolder) -> EventPlace? {
        let isFree = state.withLock { state in
            guard state.taken < options.most, state.held[holder.name, default: 0] < (holder.isUser ? options.perUser : options.perAddress)
            else { return false }
            state.taken += 1
            state.held[holder.name, default: 0] += 1
            return true
        }
        return isFree ? EventPlace(self, holder) : nil
    }

    func leave(_ holder: EventHolder) {
        state.withLock { state in
            state.taken -= 1
            let left = state.held[holder.name, default: 1] - 1
            state.held[holder.name] = left > 0 ? left : nil
        }
    }

    func add(_ stream: EventStream) {
        let ticks = state.withLock { state in
            state.total += 1
            for change in stream.concerns { state.concerned[change, default: [:]][ObjectIdentifier(stream)] = stream }
            return Self.withRoom(of: stream, &state) { room in
                room.streams[ObjectIdentifier(stream)] = stream
                defer { room.isTicking = true }
                return !room.isTicking
            }
        }
        if ticks { tick(stream.loop) }
    }

    func remove(_ stream: EventStream) {
        state.withLock { state in
            guard Self.withRoom(of: stream, &state, { $0.streams.removeValue(forKey: ObjectIdentifier(stream)) }) != nil else { return }
            state.total -= 1
            for change in stream.concerns {
                state.concerned[change]?[ObjectIdentifier(stream)] = nil
                if state.concerned[change]?.isEmpty == true { state.concerned[change] = nil }
            }
            if state.total == 0 { state.tail = nil }
        }
    }

    private static func withRoom<Result>(of stream: EventStream, _ state: inout State, _ body: (inout Room) -> Result) -> Result {
        body(&state.rooms[ObjectIdentifier(stream.loop), default: Room(loop: stream.loop)])
    }

    /// From now on the log is followed in memory, from what a stream has seen of it.
    func follow(from last: Int64) {
        let isNew = state.withLock { state in
            guard state.total > 0, state.tail == nil else { return false }
            state.tail = EventTail(after: last, most: options.remembered)
            return true
        }
        if isNew { refresh() }
    }

    /// What comes after that number; nil where the log must be asked.
    func events(after number: Int64) -> ArraySlice<LoggedEvent>? {
        state.withLock { $0.tail?.events(after: number, limit: Self.batch) }
    }

    // MARK: News

    /// Reads what the log has more, and wakes those who wait for it.
    private func refresh() {
        let after: Int64?? = state.withLock { state in
            guard state.total > 0 else { return nil }
            if state.isReading {
                state.isStale = true
                return nil
            }
            state.isReading = true
            return .some(state.tail?.last)
        }
        guard let after else { return }
        store.snapshot(on: home) { snapshot -> (news: [LoggedEvent], last: Int64) in
            guard let after else { return ([], try snapshot.events.reach().last) }
            return (try snapshot.events.events(after: after, limit: 4 * Self.batch), after)
        }.whenComplete { [self] result in
            var isBehind = false
            state.withLock { state in
                state.isReading = false
                isBehind = state.isStale
                state.isStale = false
                switch result {
                case .success(let read):
                    if state.total > 0, state.tail == nil { state.tail = EventTail(after: read.last, most: options.remembered) }
                    // Others may have begun anew meanwhile.
                    if let tail = state.tail, tail.last == read.last { state.tail?.append(read.news) } else { isBehind = true }
                    isBehind = isBehind || read.news.count == 4 * Self.batch
                case .failure: state.tail = nil
                }
                isBehind = isBehind && state.total > 0
            }
            if case .failure(let error) = result { log.error("events cannot be read", metadata: ["error": "\(error)"]) }
            wake()
            if isBehind { refresh() }
        }
    }

    private func wake() {
        let loops = state.withLock { state in
            let listening = state.rooms.filter { !$0.value.streams.isEmpty }
            for id in listening.keys {
                state.rooms[id]?.isWoken = true
                state.rooms[id]?.isStale = true
            }
            return listening.values.filter { !$0.isWoken }.map(\.loop)
        }
        for loop in loops {
            loop.execute { [self] in wakeAll(on: loop) }
        }
    }

    /// One round at a time: what comes meanwhile is for the next.
    private func wakeAll(on loop: any EventLoop) {
        state.withLock { $0.rooms[ObjectIdentifier(loop)]?.isStale = false }
        loop.inTurns(streams(on: loop), atATime: Self.turn) { stream in
            stream.wake()
        } then: { [self] in
            let goesOn = state.withLock { state in
                let isStale = state.rooms[ObjectIdentifier(loop)]?.isStale ?? false
                state.rooms[ObjectIdentifier(loop)]?.isWoken = isStale
                return isStale
            }
            if goesOn { loop.executeInNextTurn { [self] in wakeAll(on: loop) } }
        }
    }

    private func streams(on loop: any EventLoop) -> ArraySlice<EventStream> {
        state.withLock { state in state.rooms[ObjectIdentifier(loop)].map { ArraySlice(Array($0.streams.values)) } ?? [] }
    }

    // MARK: Who listens

    /// Raised whenever it may have changed who anybody is or where he belongs: who is found out meanwhile is looked at again.
    var generation: Int { changes.load(ordering: .acquiring) }

    /// A session has ended, a user, membership or tenant has changed: the streams that it concerns look again who listens, at once.
    package func standingChanged(_ change: StandingChange) {
        changes.wrappingAdd(1, ordering: .acquiringAndReleasing)
        let concerned = state.withLock { state in Array((state.concerned[change] ?? [:]).values) }
        // Before this returns: what is written after it is told to nobody who was not looked at again.
        for stream in concerned { stream.doubt() }
        for streams in Dictionary(grouping: concerned, by: { ObjectIdentifier($0.loop) }).values {
            guard let loop = streams.first?.loop else { continue }
            loop.execute { loop.inTurns(streams[...], atATime: Self.turn) { $0.wake() } }
        }
    }

    // MARK: Sites

    /// What streams stand on now.
    var ground: EventGround? { state.withLock { $0.ground } }

    /// A site takes over. Streams that mean the same there go on; the others are silent from now on, and end one after the other, so that their
    /// clients do not come again all at once.
    package func stand(on ground: EventGround) {
        let (loops, total) = state.withLock { state -> ([any EventLoop], Int) in
            state.ground = ground
            return (state.rooms.values.map(\.loop), state.total)
        }
        let spread = spread(over: total)
        for loop in loops {
            loop.execute { [self] in
                loop.inTurns(streams(on: loop), atATime: Self.turn) { [self] (stream: EventStream) in
                    stream.stand(on: ground, orEndIn: TimeAmount.milliseconds(drawn(below: spread)))
                }
            }
        }
    }

    /// When a client whose stream the server ends is to come again, in milliseconds: each has a moment of its own.
    func retry() -> Int64 { EventStream.retry + drawn(below: spread(over: state.withLock { $0.total })) }

    private func spread(over streams: Int) -> Int64 {
        min(options.longestSpread, max(1, Int64(streams)) * options.pace)
    }

    private func drawn(below bound: Int64) -> Int64 {
        let word = random.bytes(4).reduce(0) { $0 << 8 | Int64($1) }
        return bound > 0 ? word % bound : 0
    }

    // MARK: Signs of life

    /// One timer for all streams of a loop, as long as there are any.
    private func tick(_ loop: any EventLoop) {
        loop.scheduleTask(in: options.pulse) { [weak self] in
            guard let self else { return }
            loop.inTurns(streams(on: loop), atATime: Self.turn) { stream in
                stream.pulse()
            } then: { [self] in
                let goesOn = state.withLock { state in
                    let isEmpty = state.rooms[ObjectIdentifier(loop)]?.streams.isEmpty ?? true
                    if isEmpty { state.rooms[ObjectIdentifier(loop)]?.isTicking = false }
                    return !isEmpty
                }
                if goesOn { tick(loop) }
            }
        }
    }
}
