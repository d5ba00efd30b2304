internal import Config
internal import Edge
internal import Expressions
internal import Glibc
package import HTTPAPI
internal import Identity
internal import Jobs
package import Logging
internal import LocalObjects
internal import Media
internal import Messaging
internal import NIOCore
internal import NIOHTTP1
package import NIOPosix
internal import Outbound
package import Ports
package import Records
internal import Schema
package import SQLiteStore
internal import Synchronization

/// What outlives a reload: the store, its loops, keys, sessions and files. The only place that names concrete adapters.
package final class Backend: Sendable {
    package let group: MultiThreadedEventLoopGroup
    package let store: SQLiteStore
    package let clock: any Clock
    package let random: any Random
    let masterKey: MasterKey
    let hasher: PasswordHasher
    let registry = SessionRegistry()
    /// Those of the newest site: what requests to a former one still commit is told to them too.
    let newestTenants = Mutex<Tenants?>(nil)
    let readCounts = ReadCounts()
    let signingKeys: SigningKeys
    let objects: LocalObjects
    let threads: NIOThreadPool
    let temporaryDirectory: String
    /// What goes out.
    let outbound: OutboundClient
    let messageSealing: Sealing
    let log: Logger
    /// Watches over what is due.
    let timekeeper: Timekeeper
    /// Where streams of events wait.
    let events: EventHub

    /// Opens the data directory, which this process then owns. Blocks.
    package init(_ site: Site, group: MultiThreadedEventLoopGroup, log: Logger) throws {
        let configuration = site.configuration
        self.group = group
        self.log = log
        clock = SystemClock()
        random = SystemRandom()
        timekeeper = Timekeeper(clock: clock, logger: log)
        let (directory, file) = site.database
        let cores = Processors.count
        store = try SQLiteStore.open(
            directory: directory, file: file, collections: site.schema.collections,
            options: SQLiteStore.Options(
                durability: configuration.database.durability == .full ? .full : .normal,
                readers: configuration.database.readers > 0 ? configuration.database.readers : cores),
            group: group)
        events = EventHub(store: store, clock: clock, random: random, home: group.next(), log: log)
        registry.changed.set { [events] in events.standingChanged($0) }
        masterKey =
            try configuration.app.masterKey.map { try MasterKey.configured($0.bytes) }
            ?? MasterKey.load(path: configuration.app.dataDirectory + "/master.key", random: random)
        messageSealing = Sealing(masterKey, for: .messages)
        // OpenSSL's own name for it, for certificates that the system does not know.
        outbound = OutboundClient(certificates: Site.environment["SSL_CERT_FILE"])
        hasher = try PasswordHasher(threads: max(1, cores / 4), processors: Processors.free, random: random)
        signingKeys = SigningKeys(masterKey: masterKey, random: random, clock: clock)
        threads = NIOThreadPool(numberOfThreads: max(2, cores))
        threads.start()
        objects = try LocalObjects(root: site.filesDirectory, threads: threads)
        temporaryDirectory = configuration.app.dataDirectory + "/tmp"
        mkdir(temporaryDirectory, 0o700)
        _ = TemporaryName.sweep(temporaryDirectory)
    }

    package func close() async {
        await store.close()
        await outbound.shutdown()
        await hasher.shutdown()
        try? await threads.shutdownGracefully()
        try? await group.shutdownGracefully()
    }
}

/// One site at work: what a reload builds anew.
package final class Application: Sendable {
    package let site: Site
    package let records: Records
    package let identity: IdentityServices
    let library: MediaLibrary
    let carriers: Carriers
    let api: API

    package convenience init(_ site: Site, _ backend: Backend) throws {
        try self.init(site, backend, resolve: nil)
    }

    /// With another way to find out who asks than the credentials of a request.
    init(_ site: Site, _ backend: Backend, resolve: CallerResolver?) throws {
        self.site = site
        let auth = site.configuration.auth
        let slot = Callback<[RecordChange]>()
        let messages = backend.messageSealing
        let reachable = AddressGuard(allowing: site.configuration.server.allowPrivate)
        records = Records(
            schema: site.schema, store: backend.store, clock: backend.clock, random: backend.random, readCounts: backend.readCounts,
            seal: { messages.seal($0) }, unseal: { messages.open($0) }, admitsAddress: { reachable.admits(url: $0) },
            companion: { [schema = site.schema, policy = AccountPolicy(site.schema), clock = backend.clock] changes, transaction in
                try Sessions.settle(changes, in: transaction, users: schema.users, policy: policy, now: clock.now())
                try APIKeys.settle(changes, in: transaction, tenancy: schema.tenancy)
            }, observer: { slot($0) }, onDue: { [timekeeper = backend.timekeeper] in timekeeper.wake(at: $0) })
        let tokens = AccessTokens(keys: backend.signingKeys, issuer: site.configuration.app.baseURL, clock: backend.clock)
        let sessions = Sessions(
            options: Sessions.Options(accessLifetime: auth.accessTTL, maximum: auth.sessionMaximum), records: records, tokens: tokens,
            refreshTokens: RefreshTokens(
                masterKey: backend.masterKey, random: backend.random, grace: auth.refreshGrace, lifetime: auth.refreshTTL),
            registry: backend.registry)
        let proofs = Proofs(masterKey: backend.masterKey, random: backend.random)
        let failures = SignInFailures(
            masterKey: backend.masterKey, perAccount: auth.passwordLockout, perAddress: auth.passwordLockout * 4,
            window: auth.passwordLockoutWindow)
        let issuer = auth.totp?.issuer ?? site.configuration.app.name
        let ways = WaysIn(
            records, waitsForProof: auth.verifyEmail.notice != nil, mailOpens: auth.methods.contains(.password))
        let secondFactors =
            auth.totp == nil
            ? nil
            : SecondFactors(
                options: SecondFactors.Options(issuer: issuer), records: records, proofs: proofs, masterKey: backend.masterKey,
                sessions: sessions, failures: failures, ways: ways)
        let policy = PasswordPolicy(
            minimum: auth.passwordMinimum, maximum: auth.passwordMaximum,
            required: auth.passwordRequire.compactMap { .init(rawValue: $0.rawValue) })
        let codeOptions = PhoneSignIn.Options(site, log: backend.log)
        let addresses = Addresses(
            options: Addresses.Options(site, codes: codeOptions), records: records, proofs: proofs, sessions: sessions, ways: ways)
        let accounts = Accounts(
            signup: Accounts.Signup(rawValue: auth.signup.rawValue) ?? .closed, records: records, hasher: backend.hasher, policy: policy,
            failures: failures,
            sessions: sessions, addresses: addresses, secondFactors: secondFactors)
        let passwords = Passwords(
            records: records, hasher: backend.hasher, policy: policy, failures: failures, sessions: sessions, secondFactors: secondFactors)
        let codes = auth.methods.contains(.otp) ? PhoneSignIn(accounts, proofs: proofs, options: codeOptions) : nil
        let reset = PasswordReset(
            records: records, hasher: backend.hasher, passwords: passwords, sessions: sessions, proofs: proofs, lifetime: auth.reset.ttl,
            ways: ways)
        var identity = IdentityServices(
            accounts: accounts, sessions: sessions, passwords: passwords, reset: reset, addresses: addresses, keys: backend.signingKeys,
            codes: codes)
        identity.apiKeys =
            site.schema.apiKeys == nil
            ? nil : APIKeys(records: records, sessions: sessions, masterKey: backend.masterKey, ways: ways)
        if !auth.oidc.isEmpty {
            identity.services = OIDCSignIn(
                accounts, proofs: proofs, masterKey: backend.masterKey, services: OIDCService.all(of: site, backend))
        }
        self.identity = identity
        let tenants = site.schema.tenancy.map { Tenants($0, store: backend.store) }
        backend.newestTenants.withLock { $0 = tenants }
        slot.set { [weak sessions, weak backend, events = backend.events] changes in
            sessions?.observe(changes)
            if let newest = backend?.newestTenants.withLock({ $0 }), newest !== tenants { newest.observeFormer(changes) }
            for change in tenants?.observe(changes) ?? [] { events.standingChanged(change) }
        }
        let mediaAttempts = site.configuration.queues.first { $0.name == MediaLibrary.queue }?.attempts ?? 5
        library = MediaLibrary(
            records: records, objects: backend.objects, temporaryDirectory: backend.temporaryDirectory, threads: backend.threads,
            attempts: mediaAttempts)
        carriers = Carriers(site.configuration, client: backend.outbound, directory: site.configuration.app.dataDirectory)
        let authenticator = Authenticator(
            tokens: tokens, registry: backend.registry, clock: backend.clock, keys: identity.apiKeys
        ) { [sessions] id, loop in
            sessions.load(id, on: loop)
        }
        let app = site.configuration.app
        let cookies = auth.transport.contains(.cookie) ? SessionCookies(auth, baseURL: app.baseURL, siteURL: app.site) : nil
        let callers = Callers(
            authenticator: authenticator, policy: sessions.policy, cookies: cookies, clock: backend.clock, group: backend.group)
        var settings = APIContext.Settings(
            title: site.configuration.app.name, baseURL: site.configuration.app.baseURL, siteURL: site.configuration.app.site,
            maxBody: site.configuration.server.maxBody,
            cors: site.configuration.server.cors, version: Version.text,
            sealing: Sealing(backend.masterKey))
        settings.limits = site.configuration.server.limits
        settings.webhookAttempts = Dictionary(site.configuration.webhooks.map { ($0.name, $0.attempts) }) { first, _ in first }
        settings.queues = site.configuration.queueNames
        settings.transports = auth.transport
        settings.methods = auth.methods
        settings.passwordLength = auth.passwordMinimum...max(auth.passwordMinimum, auth.passwordMaximum)
        settings.asksSecondFactor = auth.totp != nil
        settings.cookies = cookies
        let placement = site.schema.tenancy.flatMap { tenancy in
            tenants.map { tenants in TenantPlacement(tenancy) { tenants.resolved($0, named: $1, on: $2) } }
        }
        let context = APIContext(
            settings: settings, records: records, resolve: resolve ?? callers.resolve, tenants: placement, log: backend.log)
        api = API(
            context, auth: AuthRoutes(context, identity),
            media: MediaRoutes(context, library: library, objects: backend.objects, threads: backend.threads),
            events: EventServices(
                hub: backend.events, tickets: EventTickets(backend.masterKey),
                standing: CallerStanding(
                    caller: { callers.standing($0, $1, $2, on: $3) }, end: { [sessions] in sessions.end(of: $0, on: $1) }),
                meaning: site.meaning),
            threads: backend.threads)
    }
}
