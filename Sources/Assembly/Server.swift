internal import CLinux
internal import Callouts
internal import Config
internal import Edge
internal import Glibc
internal import HTTPAPI
internal import Identity
internal import JSON
internal import Jobs
internal import Logging
internal import Media
internal import Messaging
internal import NIOCore
internal import NIOPosix
internal import Ports
internal import Records
internal import SQLiteStore
package import Schema

/// `atlas serve`: everything together, from start to drain.
package final class Server: Sendable {
    /// How a site is read again at a reload.
    /// Gets the schema now in use, after whose conditions the new ones are numbered.
    package typealias Reader = @Sendable (Schema) throws -> Site

    private let readSite: Reader
    private let log: Logger
    private let backend: Backend
    private let server: HTTPServer
    private let readiness: Readiness
    private let application: CurrentApplication
    private let workers: JobWorkers
    private let upkeepLoop: any EventLoop
    private let helpers: MediaHelperPool
    private let out: LogStream
    private let grace: Int64
    /// Logged after the addresses, which come first.
    private let migrated: [String]

    /// Opens the store and brings its tables in line; nothing listens yet. Throws what stands in the way.
    package static func make(_ site: Site, isTerminal: Bool, read: @escaping Reader) async throws -> Server {
        let out = LogStream(descriptor: 1)
        let log = Self.logger(site.configuration.log, out: out, isTerminal: isTerminal)
        let threads = site.configuration.server.threads
        let group = MultiThreadedEventLoopGroup(numberOfThreads: threads > 0 ? threads : Processors.count)
        // Passwords, images and scans keep the processors busy for long; whoever asks for a record beside them does not wait for the end of a slice.
        for loop in group.makeIterator() { loop.execute { _ = atlas_run_in_short_slices() } }
        let backend: Backend
        do {
            backend = try Backend(site, group: group, log: log)
        } catch {
            await out.close()
            throw error
        }
        do {
            let plan = try await Migrating(store: backend.store, site: site, clock: backend.clock).run()
            try await backend.signingKeys.load(from: backend.store, on: backend.group.next()).get()
            try await backend.store.tellJobs(site.schema.realtime?.tellsJobs ?? false)
            let server = try Server(site, backend, plan, out: out, log: log, read: read)
            try await server.application.value.records.makeSingletons(on: backend.group.next())
            return server
        } catch {
            await backend.close()
            await out.close()
            throw error
        }
    }

    private init(
        _ site: Site, _ backend: Backend, _ plan: MigrationPlan, out: LogStream, log: Logger, read: @escaping Reader
    ) throws {
        migrated = plan.steps.map(\.title)
        readSite = read
        self.log = log
        self.backend = backend
        self.out = out
        grace = site.configuration.server.grace
        readiness = Readiness(notReady: "starting")
        let application = try Application(site, backend)
        let current = CurrentApplication(application)
        self.application = current
        if let ground = application.api.ground { backend.events.stand(on: ground) }
        server = HTTPServer(
            options: try Self.options(site.configuration.server), responder: application.api, clock: backend.clock, log: log,
            accessLog: site.configuration.log.access ? AccessLog(stream: out) : nil, readiness: readiness, group: backend.group)
        helpers = MediaHelperPool(MediaHelperPool.Settings(directory: backend.temporaryDirectory), logger: log)
        let variants = VariantsJob(current: { current.value.library }, helpers: helpers, loop: backend.group.next())
        upkeepLoop = backend.group.next()
        let upkeep = Upkeep(current: current, loop: upkeepLoop)
        let refresh = RollUpRefresh(records: { current.value.records }, loop: backend.group.next())
        var handlers: [String: any JobHandler] = [MediaLibrary.jobKind: variants, RecordWriter.refreshJob: refresh]
        for kind in Upkeep.kinds + Upkeep.occasional { handlers[kind] = upkeep }
        let delivery = MessageDelivery(
            carriers: { current.value.carriers }, open: { [sealing = backend.messageSealing] in sealing.open($0) },
            queue: backend.store.jobs, clock: backend.clock
        ) { notice, job in
            log.warning("a message came too late and was not sent", metadata: ["notice": "\(notice)", "job": "\(job)"])
        }
        for channel in Notice.Channel.allCases { handlers[Message.jobKind(channel)] = delivery }
        handlers[RecordWriter.deliveryJob] = DeliveryJob(
            current: { current.value.deliveries }, client: backend.outbound, random: backend.random, loop: upkeepLoop)
        handlers[Work.Kind.job.rawValue] = ServiceJob(
            current: { current.value.services }, client: backend.outbound, objects: backend.objects, loop: upkeepLoop)
        handlers[RecordWriter.erasureJob] = TenantErasure(library: { current.value.library }, loop: upkeepLoop)
        var queues = [
            MediaLibrary.queue: QueueOptions(concurrency: MediaHelperPool.defaultSize()), Upkeep.queue: QueueOptions(concurrency: 1),
            "webhooks": QueueOptions(concurrency: 8), "default": QueueOptions(concurrency: Processors.count),
        ]
        for channel in Notice.Channel.allCases { queues[channel.rawValue] = QueueOptions() }
        // What nobody does yet waits, rather than failing.
        for queue in site.configuration.queues where !["documents", "exports"].contains(queue.name) {
            queues[queue.name] = QueueOptions(
                concurrency: queue.concurrency > 0 ? queue.concurrency : Processors.count, backoff: queue.backoff, timeout: queue.timeout,
                keepDone: queue.keepDone, keepFailed: queue.keepFailed)
        }
        // A job has its own time, which its queue must leave it.
        for job in site.configuration.jobs {
            guard let timeout = job.timeout else { continue }
            let queue = job.queue?.value ?? "default"
            let most = max(queues[queue]?.timeout ?? 0, timeout + 30_000)
            queues[queue]?.timeout = most
        }
        workers = JobWorkers(
            queue: backend.store.jobs, handlers: handlers, queues: queues, clock: backend.clock,
            random: backend.random, worker: "atlas-\(getpid())", logger: log)
    }

    /// Serves until SIGTERM or SIGINT, reloads at SIGHUP, and drains. `announce` gets the bound addresses before anything else is printed.
    package func run(announce: @Sendable ([String]) -> Void) async throws {
        // Before the addresses are known: whoever reads them may ask for the end at once.
        let signals = await ProcessSignals.stream()
        let addresses: [String]
        do {
            addresses = try await server.start()
        } catch {
            await backend.close()
            await out.close()
            throw error
        }
        announce(addresses.map { "http://\($0)" })
        for step in migrated { log.info("migrated", metadata: ["step": "\(step)"]) }
        let control = try await ControlServer.start(
            path: application.value.site.configuration.app.dataDirectory + "/control.sock", group: backend.group
        ) { [self] command, loop in handle(command, on: loop) }
        readiness.becomeReady()
        ServiceNotification.notify("READY=1")
        let counting = CounterWriting(
            records: { [application] in application.value.records }, loop: backend.group.next(), log: log)
        let using = SessionWriting(
            sessions: { [application] in application.value.identity.sessions }, clock: backend.clock, loop: backend.group.next(), log: log)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await using.run() }
            group.addTask { await self.workers.run() }
            group.addTask { await self.keepTime() }
            group.addTask { await counting.run() }
            for await signal in signals {
                if signal == SIGHUP {
                    await reload()
                    continue
                }
                await drain()
                break
            }
            group.cancelAll()
        }
        await control.stop()
        await helpers.shutdown()
        await server.stop()
        await counting.write(all: true)
        await using.write()
        await backend.close()
        log.info("stopped")
        await out.close()
    }

    // MARK: Reload and drain

    /// A good file takes over; a bad one is refused with all its faults, and the old one goes on.
    private func reload() async {
        ServiceNotification.notify("RELOADING=1")
        defer { ServiceNotification.notify("READY=1") }
        do {
            let current = application.value
            let site = try readSite(current.site.schema)
            // Safe steps only add: the old site goes on working on the new tables until it is replaced.
            let plan = try await Migrating(store: backend.store, site: site, clock: backend.clock).run()
            for step in plan.steps { log.info("migrated", metadata: ["step": "\(step.title)"]) }
            let next = try Application(site, backend)
            try await backend.store.replace(collections: site.schema.collections)
            try await backend.store.tellJobs(site.schema.realtime?.tellsJobs ?? false)
            try await next.records.makeSingletons(on: backend.group.next())
            application.replace(with: next)
            if let ground = next.api.ground { backend.events.stand(on: ground) }
            await server.replace(responder: next.api)
            await alignDue(of: next)
            backend.timekeeper.wake(at: 0)
            log.info("reloaded", metadata: ["file": "\(site.configuration.file)"])
        } catch let faults as Faults {
            for fault in faults.all {
                log.error(
                    "reload refused",
                    metadata: ["at": "\(fault.at.file):\(fault.at.line):\(fault.at.column)", "fault": "\(fault.message)"])
            }
            log.error("the old configuration goes on", metadata: ["faults": "\(faults.all.count)"])
        } catch {
            log.error("reload refused; the old configuration goes on", metadata: ["error": "\(error)"])
        }
    }

    /// Schedules and clock transitions: what fell due while nobody watched at once, the rest when its moment comes.
    private func keepTime() async {
        await alignDue(of: application.value)
        do {
            try await Upkeep.begin(application.value.records, on: upkeepLoop)
        } catch {
            log.error("upkeep cannot begin", metadata: ["error": "\(error)"])
        }
        await backend.timekeeper.run { [self] in
            let records = application.value.records
            let scheduled = try await records.runSchedules(on: upkeepLoop) { schedule, error in
                log.error("a schedule was refused", metadata: ["schedule": "\(schedule.name)", "error": "\(error)"])
            }
            let due = try await records.fireDue(on: upkeepLoop) { entry, error in
                log.warning(
                    "a transition that is due is refused, until its record changes",
                    metadata: [
                        "record": "\(entry.record.collection)/\(entry.record.id)", "transition": "\(entry.transition)", "error": "\(error)",
                    ])
            }
            return [scheduled, due].compactMap { $0 }.min()
        }
    }

    private func alignDue(of application: Application) async {
        do {
            try await application.records.alignDue(on: upkeepLoop)
        } catch {
            log.error("what is due cannot be brought in line with the file", metadata: ["error": "\(error)"])
        }
    }

    private func drain() async {
        ServiceNotification.notify("STOPPING=1")
        backend.timekeeper.stop()
        log.info("draining", metadata: ["grace": "\(grace) ms"])
        let deadline = backend.clock.now() + grace
        async let requests = server.drain(within: grace)
        async let jobs: Void = workers.drain(until: deadline)
        let cut = await requests
        await jobs
        if cut > 0 { log.warning("connections were cut at the end of the grace period", metadata: ["count": "\(cut)"]) }
    }

    // MARK: Commands

    private func handle(_ command: JSONValue, on loop: any EventLoop) -> EventLoopFuture<JSONValue> {
        if command["command"]?.string == "rebuild" {
            let rebuilding = Rebuilding(records: application.value.records, loop: loop)
            return loop.makeFutureWithTask { await rebuilding.answer(command) }
        }
        if command["command"]?.string == "why" {
            let why = Why(application: application.value, loop: loop)
            return loop.makeFutureWithTask { await why.answer(command) }
        }
        guard AccountCommands.names.contains(command["command"]?.string ?? "") else {
            return loop.makeSucceededFuture(["error": "there is no such command"])
        }
        let commands = AccountCommands(application: application.value, backend: backend, loop: loop)
        return loop.makeFutureWithTask { await commands.answer(command) }
    }

    // MARK: Parts

    private static func logger(_ options: Log, out: LogStream, isTerminal: Bool) -> Logger {
        let form: Edge.StreamLogHandler.Form =
            switch options.format {
            case .json: .json
            case .text: .text
            case .auto: isTerminal ? .text : .json
            }
        let level: Logger.Level =
            switch options.level {
            case .debug: .debug
            case .info: .info
            case .warning: .warning
            case .error: .error
            }
        return Logger(label: "atlas") { Edge.StreamLogHandler(label: $0, form: form, stream: out, clock: SystemClock(), level: level) }
    }

    private static func options(_ server: Config.Server) throws -> EdgeOptions {
        var options = EdgeOptions(addresses: server.http, inheritedSockets: InheritedSockets.descriptors())
        options.threads = server.threads
        // So much of an upload that was refused is still read, within its time, so that the client sees the answer and not a reset.
        options.discardedBytes = 32 << 20
        options.headerTimeout = .milliseconds(server.headerTimeout)
        options.bodyTimeout = .milliseconds(server.bodyTimeout)
        options.writeTimeout = .milliseconds(server.writeTimeout)
        options.keepAliveTimeout = .milliseconds(server.keepAliveTimeout)
        options.keepAliveRequests = server.keepAliveRequests
        options.keepAliveLifetime = .milliseconds(server.keepAliveLifetime)
        options.headerBytes = server.maxHeader
        options.headerFields = server.maxHeaderFields
        options.targetBytes = server.maxURI
        options.trustedProxies = server.trustedProxies.compactMap { Network($0) }
        return options
    }
}
