internal import Edge
internal import Expressions
internal import NIOCore
internal import Ports
internal import Records

/// Who listens: a stream goes on for as long as a request of the same caller would be admitted in the same way.
extension EventStream {
    /// Whether he is still the one who opened the stream; what has changed about him counts from here on. Ends the stream where he is not.
    func isAdmitted() -> Bool {
        if now >= expiry {
            prolong()
            return !isOver && !isBusy && now < expiry && isAdmitted()
        }
        let current = doubtsSoFar
        guard current != settled else { return true }
        switch standing() {
        case .now(let caller): admit(caller, as: current)
        case .refused: finish()
        case .later(let future):
            wait(for: future) { [self] result in
                switch result {
                case .success(let caller): admit(caller, as: current)
                case .failure: finish()
                }
            }
        }
        return !isOver && !isBusy && settled == current
    }

    private func standing() -> ResolvedCaller {
        let facts = caller.environment.request
        let (tenant, loop) = (caller.environment.tenant?.id, loop)
        let resolved = ground.services.standing.caller(caller.session, facts, caller.requestID, loop)
        guard let tenants = ground.tenants, let tenant else { return resolved }
        switch resolved {
        case .refused: return resolved
        case .now(let caller): return tenants.placed(caller, named: tenant, on: loop)
        case .later(let future):
            return .later(
                future.flatMap { result in
                    guard case .success(let caller) = result else { return loop.makeSucceededFuture(result) }
                    return tenants.placed(caller, named: tenant, on: loop).future(on: loop)
                })
        }
    }

    /// Another membership, or another role in it: whoever may listen then must ask anew.
    private func admit(_ caller: Caller, as current: Int) {
        let (old, new) = (self.caller.environment, caller.environment)
        guard new.tenant?.id == old.tenant?.id, new.member == old.member, new.me?.id == old.me?.id else { return finish() }
        self.caller = caller
        settled = current
    }

    func sessionEnd() -> EventLoopFuture<Int64?> {
        guard let session = caller.session else { return loop.makeSucceededFuture(.max) }
        return ground.services.standing.end(session, loop)
    }

    /// The session should be over; but it may have been prolonged.
    func prolong() {
        guard !isBusy else { return }
        wait(for: sessionEnd()) { [self] expiry in
            guard let expiry, expiry > now else { return finish() }
            self.expiry = expiry
        }
    }
}

extension ResolvedCaller {
    func future(on loop: any EventLoop) -> EventLoopFuture<Result<Caller, Refused>> {
        switch self {
        case .now(let caller): loop.makeSucceededFuture(.success(caller))
        case .refused(let refused): loop.makeSucceededFuture(.failure(refused))
        case .later(let future): future
        }
    }
}
