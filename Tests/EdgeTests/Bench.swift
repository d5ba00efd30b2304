import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Ports
import Synchronization

@testable import Edge

/// Time stands still unless moved.
struct FixedClock: Clock {
    var moment: Int64 = 1_795_225_659_123  // 2026-11-21T01:47:39.123Z

    func now() -> Int64 { moment }
    func sleep(until deadline: Int64) async throws {}
}

/// Answers by path; `handle` decides.
struct TestResponder: Responder {
    var handle: @Sendable (Request) -> Intake

    func receive(_ request: Request) -> Intake { handle(request) }

    func refuse(_ refusal: Refusal, requestID: String) -> Response {
        let status: HTTPResponseStatus =
            switch refusal {
            case .badRequest, .misdirected: .badRequest
            case .bodyTooLarge: .payloadTooLarge
            case .uriTooLong: .uriTooLong
            case .headersTooLarge: .requestHeaderFieldsTooLarge
            case .timeout: .requestTimeout
            case .draining: .serviceUnavailable
            case .internalError: .internalServerError
            case .notImplemented: .notImplemented
            }
        return Response(status: status, headers: ["content-type": "application/json"], body: .bytes(ByteBuffer(string: "\(refusal)")))
    }

    /// `GET` says what was asked; `POST` says the body back, up to 1 MiB.
    static let echo = TestResponder { request in
        let said = "\(request.method.rawValue) /\(request.path.joined(separator: "/"))?\(request.query)"
        if request.method == .POST || request.method == .PUT {
            return .collect(limit: 1 << 20) { body in
                request.eventLoop.makeSucceededFuture(Response(status: .ok, body: .bytes(body), route: "/echo"))
            }
        }
        return .respond(
            request.eventLoop.makeSucceededFuture(Response(status: .ok, body: .bytes(ByteBuffer(string: said)), route: "/echo")))
    }
}

/// A running server, stopped when the closure ends.
func withServer<Result: Sendable>(
    _ options: EdgeOptions = EdgeOptions(addresses: ["127.0.0.1:0"], threads: 2), responder: TestResponder = .echo,
    accessLog: AccessLog? = nil, readiness: Readiness = Readiness(notReady: nil),
    _ body: (HTTPServer, String) async throws -> Result
) async throws -> Result {
    let server = HTTPServer(
        options: options, responder: responder, clock: FixedClock(), log: Logger(label: "edge", factory: { _ in SwiftLogNoOpLogHandler() }),
        accessLog: accessLog, readiness: readiness)
    let result: Result
    do {
        let addresses = try await server.start()
        guard let address = addresses.first else { throw RawClient.Failure(reason: "no address") }
        result = try await body(server, address)
    } catch {
        await server.stop()
        throw error
    }
    await server.stop()
    return result
}
