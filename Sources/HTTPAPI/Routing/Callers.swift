package import Edge
package import NIOCore
package import Records
internal import Identity
internal import Logging
internal import NIOHTTP1
internal import Ports

/// Who sends a request. `later` when the session must first be fetched.
package enum ResolvedCaller: Sendable {
    case now(Caller)
    case refused(Refused)
    case later(EventLoopFuture<Result<Caller, Refused>>)

    package enum Refused: Error, Sendable {
        /// No such session, a forged or malformed token.
        case invalid
        case expired
        /// A page of another site, with this one's cookies; those of this site as `SessionCookies.pages` has them.
        case foreignOrigin(pages: String)
        /// Nothing else is open to him until he has changed his password.
        case mustChangePassword(Caller)
        /// The same until he has an authenticator.
        case mustSetUpSecondFactor(Caller)
        /// A member of a tenant that is not active.
        case tenantInactive
        /// He came by an API key, which this is not for.
        case outOfReach
        /// Nothing that he may know of.
        case tenantAbsent
    }
}

/// Turns credentials of a request into a caller (Assembly puts Identity behind it). Called on the request's loop.
package typealias CallerResolver = @Sendable (Request) -> ResolvedCaller

extension APIContext {
    /// Answers with what `body` makes of the caller; errors become their envelope.
    func answer(
        _ call: Call, _ body: @escaping @Sendable (Caller) throws -> EventLoopFuture<Response>
    ) -> EventLoopFuture<Response> {
        let loop = call.request.eventLoop
        let future: EventLoopFuture<Response>
        @Sendable func admitted(_ caller: Caller) throws -> EventLoopFuture<Response> {
            do throws(RateLimit.Refusal) {
                try call.route.limit?.spend(caller)
            } catch {
                throw Failure(error)
            }
            return try body(caller)
        }
        switch placed(call) {
        case .now(let caller):
            do {
                future = try admitted(caller)
            } catch {
                future = loop.makeFailedFuture(error)
            }
        case .refused(let refused):
            future = loop.makeFailedFuture(Failure(refused))
        case .later(let caller):
            future = caller.flatMap { caller in
                do {
                    return try admitted(try caller.get())
                } catch {
                    return loop.makeFailedFuture(error)
                }
            }
        }
        return finish(call, future)
    }

    /// Who asks, and in which tenant.
    func placed(_ call: Call) -> ResolvedCaller {
        let resolved = resolved(call)
        guard let tenants else { return resolved }
        let loop = call.request.eventLoop
        switch resolved {
        case .refused: return resolved
        case .now(let caller): return tenants.placed(caller, named: call.tenant, on: loop)
        case .later(let future):
            return .later(
                future.flatMap { result in
                    guard case .success(let caller) = result else { return loop.makeSucceededFuture(result) }
                    return switch tenants.placed(caller, named: call.tenant, on: loop) {
                    case .now(let caller): loop.makeSucceededFuture(.success(caller))
                    case .refused(let refused): loop.makeSucceededFuture(.failure(refused))
                    case .later(let future): future
                    }
                })
        }
    }

    /// Who asks, unless he came by a key that does not reach this route.
    private func resolved(_ call: Call) -> ResolvedCaller {
        @Sendable func admitted(_ caller: Caller) -> Result<Caller, ResolvedCaller.Refused> {
            guard let key = caller.key, !isInReach(call.route.template, of: key) else { return .success(caller) }
            return .failure(.outOfReach)
        }
        switch resolve(call.request) {
        case .now(let caller):
            guard caller.key != nil else { return .now(caller) }
            switch admitted(caller) {
            case .success(let caller): return .now(caller)
            case .failure(let refused): return .refused(refused)
            }
        case .refused(let refused): return .refused(refused)
        case .later(let future): return .later(future.map { $0.flatMap(admitted) })
        }
    }

    /// Gives every answer its route, and every error its envelope.
    func finish(_ call: Call, _ future: EventLoopFuture<Response>) -> EventLoopFuture<Response> {
        let id = call.request.id
        let template = call.route.template
        return future.flatMapErrorThrowing { [log, overloads = settings.overloads, clock = records.clock] error in
            let failure = (error as? ResolvedCaller.Refused).map { Failure($0) } ?? Failure(error)
            if failure.isOverload {
                if let count = overloads.count(at: clock.now()) {
                    log.warning(
                        "too much was asked at once, and refused",
                        metadata: ["route": "\(template)", "refused": "\(count)", "said": "\(failure.message)"])
                }
            } else if failure.status.code >= 500, !failure.isLogged {
                log.error("request failed", metadata: ["request_id": "\(id)", "route": "\(template)", "error": "\(error)"])
            }
            return failure.response(requestID: id)
        }.map { response in
            var response = response
            response.route = template
            return response
        }
    }
}

extension Failure {
    init(_ refused: ResolvedCaller.Refused) {
        switch refused {
        case .invalid: self = .unauthenticated("the access token or API key is not valid, or not any more: sign in again")
        case .expired: self = .unauthenticated("it has expired: refresh the access token, or make another key", code: "TOKEN_EXPIRED")
        case .foreignOrigin(let pages): self = .foreignOrigin(pages)
        case .tenantAbsent: self = .notFound
        case .outOfReach: self.init(status: .forbidden, code: "FORBIDDEN", message: "this key does not reach here")
        case .tenantInactive: self.init(RecordError.tenantInactive)
        case .mustSetUpSecondFactor: self = .secondFactorDemanded("an authenticator must be set up first: POST /api/v1/auth/totp/setup")
        case .mustChangePassword:
            self.init(
                status: .forbidden, code: "PASSWORD_CHANGE_REQUIRED",
                message: "a new password must be chosen first: POST /api/v1/auth/password/change")
        }
    }
}
