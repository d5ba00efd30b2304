internal import Edge
internal import Expressions
internal import HTTPAPI
internal import Identity
internal import NIOCore
internal import NIOHTTP1
internal import Ports
internal import Records

/// From a request's credentials to the caller of its rules; each event loop has its own cache of verified tokens.
struct Callers: Sendable {
    private let authenticator: Authenticator
    private let policy: AccountPolicy
    /// Nil: cookies say nothing.
    private let cookies: SessionCookies?
    private let clock: any Clock
    private let caches: [ObjectIdentifier: NIOLoopBoundBox<TokenCache>]

    init(
        authenticator: Authenticator, policy: AccountPolicy, cookies: SessionCookies?, clock: any Clock, group: any EventLoopGroup
    ) {
        self.authenticator = authenticator
        self.policy = policy
        self.cookies = cookies
        self.clock = clock
        var caches: [ObjectIdentifier: NIOLoopBoundBox<TokenCache>] = [:]
        for loop in group.makeIterator() {
            caches[ObjectIdentifier(loop)] = NIOLoopBoundBox.makeBoxSendingValue(TokenCache(), eventLoop: loop)
        }
        self.caches = caches
    }

    @Sendable func resolve(_ request: Request) -> ResolvedCaller {
        let loop = request.eventLoop
        let facts = RequestFacts(
            ip: request.clientAddress, method: request.method.rawValue, userAgent: request.headers.first(name: "user-agent") ?? "")
        let asker = Asker(facts: facts, requestID: request.id, now: clock.now())
        let token: String
        if let authorization = request.headers.first(name: "authorization") {
            guard let bearer = Authenticator.token(of: authorization) else { return .refused(.invalid) }
            token = bearer
        } else if let cookies, let cookie = cookies.accessToken(in: request.headers) {
            // First where it comes from: what a foreign page may not do, it may not do whoever's cookie it brings.
            guard cookies.admits(request) else { return .refused(.foreignOrigin(pages: cookies.pages)) }
            // A browser that was made to hold a key would act for its maker wherever it goes.
            guard !Authenticator.isKey(cookie) else { return .refused(.invalid) }
            token = cookie
        } else {
            return .now(asker.caller(nil))
        }
        guard let cache = caches[ObjectIdentifier(loop)]?.value else { return .refused(.invalid) }
        return resolved(authenticator.authenticate(token, cache: cache, on: loop), asker)
    }

    /// Who that session speaks for now: for what goes on longer than a request, and for tickets. Without a session nobody.
    @Sendable func standing(_ session: String?, _ facts: RequestFacts, _ requestID: String?, on loop: any EventLoop) -> ResolvedCaller {
        let asker = Asker(facts: facts, requestID: requestID, now: clock.now())
        guard let session else { return .now(asker.caller(nil)) }
        return resolved(authenticator.resume(session, on: loop), asker)
    }

    private func resolved(_ authentication: Authentication, _ asker: Asker) -> ResolvedCaller {
        let admitted: @Sendable (ActiveSession) -> Result<Caller, ResolvedCaller.Refused> = {
            [registry = authenticator.registry, policy] session in
            switch registry.standing(of: session, for: asker.facts, at: asker.now, under: policy) {
            case .active(let me): .success(asker.caller(me, by: session))
            case .mustChangePassword(let me): .failure(.mustChangePassword(asker.caller(me, by: session)))
            case .mustSetUpSecondFactor(let me): .failure(.mustSetUpSecondFactor(asker.caller(me, by: session)))
            case .ended, .forgotten: .failure(.invalid)
            }
        }
        switch authentication {
        case .session(let session):
            switch admitted(session) {
            case .success(let caller): return .now(caller)
            case .failure(let refused): return .refused(refused)
            }
        case .failed(let fault): return .refused(fault == .expired ? .expired : .invalid)
        case .pending(let future):
            return .later(
                future.map { result in
                    switch result {
                    case .failure(let fault): .failure(fault == .expired ? .expired : .invalid)
                    case .success(let session): admitted(session)
                    }
                })
        }
    }
}

/// What is known of a caller before his credentials are looked at.
private struct Asker: Sendable {
    var facts: RequestFacts
    var requestID: String?
    /// Milliseconds since 1970.
    var now: Int64

    func caller(_ me: Row?, by session: ActiveSession? = nil) -> Caller {
        var caller = Caller(environment: Environment(me: me, now: now, request: facts), requestID: requestID)
        caller.key = session?.grant?.use
        caller.session = session?.id
        return caller
    }
}

extension Tenants {
    /// The caller in his tenant, from memory as a rule. A key has its own, and none that it does not have.
    func resolved(_ caller: Caller, named: String?, on loop: any EventLoop) -> ResolvedCaller {
        guard let key = caller.key else { return placed(caller, named: named, on: loop) }
        guard let tenant = key.tenant else { return named == nil ? .now(caller) : .refused(.tenantAbsent) }
        let matches: @Sendable (Result<Caller, ResolvedCaller.Refused>) -> Result<Caller, ResolvedCaller.Refused> = { [self] placed in
            guard case .success(let caller) = placed, let named, !isName(named, of: caller.environment.tenant) else { return placed }
            return .failure(.tenantAbsent)
        }
        switch placed(caller, named: tenant, on: loop) {
        case .now(let caller):
            switch matches(.success(caller)) {
            case .success(let caller): return .now(caller)
            case .failure(let refused): return .refused(refused)
            }
        case .refused(let refused): return .refused(refused)
        case .later(let future): return .later(future.map(matches))
        }
    }

    private func placed(_ caller: Caller, named: String?, on loop: any EventLoop) -> ResolvedCaller {
        switch place(caller, named: named, on: loop) {
        case .success(.caller(let placed)): .now(placed)
        case .success(.inactive): .refused(.tenantInactive)
        case .success(.absent): .refused(.tenantAbsent)
        case .failure:
            .later(
                load(caller, named: named, on: loop).map { place in
                    switch place {
                    case .caller(let placed): .success(placed)
                    case .inactive: .failure(.tenantInactive)
                    case .absent: .failure(.tenantAbsent)
                    }
                })
        }
    }
}
