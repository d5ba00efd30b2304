package import Edge
package import NIOCore
package import Records
internal import Logging
internal import NIOHTTP1

/// Who sends a request. `later` when the session must first be fetched.
package enum ResolvedCaller: Sendable {
    case now(Caller)
    case refused(Refused)
    case later(EventLoopFuture<Result<Caller, Refused>>)

    package enum Refused: Error, Sendable {
        /// No such session, a forged or malformed token.
        case invalid
        case expired
        /// The user's `auth.active_when` is false.
        case inactive
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
        switch resolve(call.request) {
        case .now(let caller):
            do {
                future = try body(caller)
            } catch {
                future = loop.makeFailedFuture(error)
            }
        case .refused(let refused):
            future = loop.makeFailedFuture(Failure(refused))
        case .later(let caller):
            future = caller.flatMap { caller in
                do {
                    return try body(try caller.get())
                } catch {
                    return loop.makeFailedFuture(error)
                }
            }
        }
        return finish(call, future)
    }

    /// Gives every answer its route, and every error its envelope.
    func finish(_ call: Call, _ future: EventLoopFuture<Response>) -> EventLoopFuture<Response> {
        let id = call.request.id
        let template = call.route.template
        return future.flatMapErrorThrowing { [log] error in
            let failure = (error as? ResolvedCaller.Refused).map { Failure($0) } ?? Failure(error)
            if failure.status.code >= 500 {
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
        case .invalid: self = .unauthenticated("the access token is not valid")
        case .expired: self = .unauthenticated("the access token has expired: refresh it", code: "TOKEN_EXPIRED")
        case .inactive: self.init(status: .forbidden, code: "ACCOUNT_INACTIVE", message: "this account is not active")
        }
    }
}
