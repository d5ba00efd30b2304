import Edge
import Expressions
import Identity
import Logging
import NIOCore
import NIOEmbedded
import Ports
import Records
import Conformance
import Synchronization

@testable import HTTPAPI

/// A store that has a log of events and nothing else. Answers in place.
final class LogAlone: Store {
    private let log = Mutex<[LoggedEvent]>([])
    private let told = Callback<Void>()
    let commits = 0

    struct Absent: Error {}

    /// The log as it is now.
    final class View: Snapshot, EventLog {
        private let logged: [LoggedEvent]
        let dialect = SQLDialect.sqlite

        init(_ logged: [LoggedEvent]) {
            self.logged = logged
        }

        var events: any EventLog { self }
        var formerSlugs: any FormerSlugs { NoSlugs() }
        func events(after number: Int64, limit: Int) -> [LoggedEvent] { Array(logged.filter { $0.number > number }.prefix(limit)) }
        func reach() -> EventReach { EventReach(start: (logged.first?.number ?? 1) - 1, last: logged.last?.number ?? 0) }
        func row(in collection: String, id: String) throws -> Row? { throw Absent() }
        func value(of query: SQLQuery) throws -> Value { throw Absent() }
        func row(_ access: Access, key: RecordKey) throws -> Row? { throw Absent() }
        func list(_ list: RecordList, into buffer: inout ByteBuffer) throws -> ListAnswer { throw Absent() }
        func job(_ id: String) throws -> JobStatus? { throw Absent() }
        func groups(_ question: FigureQuestion) throws -> [FigureGroup] { throw Absent() }
        func pages(_ question: PageQuestion) throws -> [PageEntry] { throw Absent() }
    }

    private struct NoSlugs: FormerSlugs {
        func keep(_ slug: FormerSlug, of record: String) throws { throw Absent() }
        func record(_ slug: FormerSlug) throws -> String? { throw Absent() }
    }

    /// Logs an event and tells those who wait.
    func append(_ name: String) {
        log.withLock { log in
            let event = NewEvent(record: JobRecord(collection: "notes", id: "n"), name: name, at: 0)
            log.append(LoggedEvent(number: (log.last?.number ?? 0) + 1, event: event))
        }
        told(())
    }

    /// The oldest go.
    func prune(_ count: Int) { log.withLock { $0.removeFirst(count) } }

    func read(_ read: RecordRead, into buffer: ByteBuffer, on loop: any EventLoop) -> EventLoopFuture<RecordAnswer?> {
        loop.makeFailedFuture(Absent())
    }

    func list(_ list: RecordList, into buffer: ByteBuffer, on loop: any EventLoop) -> EventLoopFuture<ListAnswer> {
        loop.makeFailedFuture(Absent())
    }

    func snapshot<Result: Sendable>(
        on loop: any EventLoop, _ body: @escaping @Sendable (any Snapshot) throws -> Result
    ) -> EventLoopFuture<Result> {
        loop.makeCompletedFuture { try body(View(log.withLock { $0 })) }
    }

    func transaction<Result: Sendable>(
        on loop: any EventLoop, _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) -> EventLoopFuture<Result> {
        loop.makeFailedFuture(Absent())
    }

    func onEvents(_ told: @escaping @Sendable () -> Void) { self.told.set(told) }

    func close() async {}
}

/// What a client of a stream was sent, and whether it takes more.
final class Heard: BodyOutlet {
    var text = ""
    var isWritable = true
    var isOver = false
    weak var source: EventStream?

    func write(_ piece: ByteBuffer) { text += String(buffer: piece) }

    func finish() {
        isOver = true
        source?.end()
    }

    func fail() { finish() }

    /// Names of the events so far, and what was told besides.
    var lines: [String] { text.split(separator: "\n").map(String.init) }
    var events: [String] { lines.filter { $0.hasPrefix("event: ") }.map { String($0.dropFirst(7)) } }
    var retries: [Int64] { lines.filter { $0.hasPrefix("retry: ") }.compactMap { Int64($0.dropFirst(7)) } }
}

/// Streams on one loop whose time stands still, over a log alone; whose standing is asked is counted.
final class StreamBench {
    let loop = EmbeddedEventLoop()
    let store = LogAlone()
    let clock = ManualClock()
    let hub: EventHub
    /// Whose standing was asked for, by session.
    let asked = Asked()
    private(set) var ground: EventGround

    final class Asked: Sendable {
        private let sessions = Mutex<[String]>([])
        private let refused = Mutex<Set<String>>([])

        func note(_ session: String) { sessions.withLock { $0.append(session) } }
        func refuse(_ session: String) { refused.withLock { _ = $0.insert(session) } }
        func isRefused(_ session: String) -> Bool { refused.withLock { $0.contains(session) } }
        func take() -> [String] {
            sessions.withLock { sessions in
                defer { sessions = [] }
                return sessions
            }
        }
    }

    init(_ change: (inout EventHub.Options) -> Void = { _ in }) {
        var options = EventHub.Options()
        // No sign of life unless a test waits for one.
        options.pulse = .hours(24)
        change(&options)
        hub = EventHub(
            store: store, clock: clock, random: SeededRandom(7), home: loop, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            options: options)
        ground = Self.ground(hub, asked, ["collections": 1])
        hub.stand(on: ground)
    }

    static func ground(_ hub: EventHub, _ asked: Asked, _ meaning: [String: Int], says word: String = "told") -> EventGround {
        let standing = CallerStanding(
            caller: { session, _, _, _ in
                asked.note(session ?? "")
                return asked.isRefused(session ?? "") ? .refused(.invalid) : .now(StreamBench.caller(session ?? ""))
            },
            end: { _, loop in loop.makeSucceededFuture(.max) })
        let services = EventServices(
            hub: hub, tickets: EventTickets(MasterKey(bytes: Array(repeating: 1, count: 32))), standing: standing, meaning: meaning)
        return EventGround(services, tenants: nil) { _, _, loop in
            loop.makeSucceededFuture(ByteBuffer(string: "\"\(word)\""))
        }
    }

    /// Another site takes over.
    func reload(_ meaning: [String: Int], says word: String) {
        ground = Self.ground(hub, asked, meaning, says: word)
        hub.stand(on: ground)
        settle()
    }

    /// Of the session `s<n>`, by the user `u<n>`.
    static func caller(_ session: String) -> Caller {
        let me = Row(collection: "users", values: [.text("u" + session.dropFirst())])
        var caller = Caller(environment: Environment(me: me, now: 0, request: RequestFacts(ip: "", method: "GET", userAgent: "")))
        caller.session = session
        return caller
    }

    /// Not begun yet.
    func stream(_ number: Int, from start: EventStream.Start = .now) -> EventStream {
        let caller = Self.caller("s\(number)")
        guard let place = hub.place(for: EventHolder(caller.environment)) else { preconditionFailure("no place for stream \(number)") }
        return EventStream(
            caller, since: hub.generation, place: place, wish: .init(names: ["notes"], start: start), ground: ground, loop: loop)
    }

    func begin(_ stream: EventStream) -> Heard {
        let heard = Heard()
        heard.source = stream
        stream.begin(heard)
        settle()
        return heard
    }

    func open(_ number: Int, from start: EventStream.Start = .now) -> Heard { begin(stream(number, from: start)) }

    /// All that is to be done at once is done, turns of the loop with it.
    func settle() {
        for _ in 0..<100 { loop.advanceTime(by: .milliseconds(1)) }
    }
}
