internal import Edge
internal import Identity
internal import JSON
internal import NIOCore
internal import NIOHTTP1
internal import Ports
internal import Records

/// A refusal in the envelope of 04-api.
struct Failure: Error, Sendable {
    var status: HTTPResponseStatus
    var code: String
    var message: String
    var details: [FieldFault] = []
    var headers: HTTPHeaders = [:]
    /// The log has been told already, by who knew more of it.
    var isLogged = false
    /// Nothing is broken: too much is asked at once. One of many is logged.
    var isOverload = false

    func response(requestID: String) -> Response {
        var buffer = ByteBuffer()
        buffer.writeStaticString(#"{"success":false,"error":{"code":"#)
        buffer.writeJSON(string: code)
        buffer.writeStaticString(#","message":"#)
        buffer.writeJSON(string: message)
        if !details.isEmpty {
            buffer.writeStaticString(#","details":"#)
            buffer.writeJSON(
                .array(
                    details.map { fault in
                        // What is wrong with the whole of a record or body has no place in it.
                        let place = fault.path.isEmpty ? [] : [JSONMember(name: "path", value: .string(fault.path))]
                        return .object(
                            place + [
                                JSONMember(name: "code", value: .string(fault.code)),
                                JSONMember(name: "message", value: .string(fault.message)),
                            ])
                    }))
        }
        buffer.writeStaticString(#"},"meta":{"request_id":"#)
        buffer.writeJSON(string: requestID)
        buffer.writeStaticString("}}")
        var headers = headers
        headers.replaceOrAdd(name: "content-type", value: "application/json")
        return Response(status: status, headers: headers, body: .bytes(buffer))
    }

    static func invalid(_ faults: [FieldFault]) -> Failure {
        Failure(status: .badRequest, code: "VALIDATION_ERROR", message: "the request is not valid", details: faults)
    }

    static func invalid(_ message: String) -> Failure {
        Failure(status: .badRequest, code: "VALIDATION_ERROR", message: message)
    }

    /// RFC 6750 section 3: a 401 says how to authenticate.
    static func unauthenticated(_ message: String, code: String = "UNAUTHENTICATED") -> Failure {
        Failure(status: .unauthorized, code: code, message: message, headers: ["www-authenticate": "Bearer"])
    }

    static let notFound = Failure(status: .notFound, code: "NOT_FOUND", message: "there is no such thing here")

    static func unavailable(_ message: String) -> Failure {
        Failure(status: .serviceUnavailable, code: "UNAVAILABLE", message: message, headers: ["retry-after": "2"])
    }
}

/// Errors → status: the only place where that is decided.
extension Failure {
    init(_ error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let error as RecordError: self.init(record: error)
        case let error as StoreError: self.init(store: error)
        case let fault as FieldFault where fault.code == "media_type":
            self.init(
                status: .unsupportedMediaType, code: "UNSUPPORTED_MEDIA_TYPE", message: "the file is not of a kind that is taken",
                details: [fault])
        case let fault as FieldFault: self = .invalid([fault])
        default:
            self.init(status: .internalServerError, code: "INTERNAL_ERROR", message: "something went wrong here; it has been logged")
        }
    }

    private init(record error: RecordError) {
        switch error {
        case .invalid(let faults): self = .invalid(faults)
        case .tenantRequired(let naming):
            self.init(
                status: .badRequest, code: "TENANT_REQUIRED",
                message: "it is not clear which organisation this is about" + (naming.isEmpty ? "" : ": \(naming)"))
        case .tenantInactive:
            self.init(
                status: .forbidden, code: "TENANT_INACTIVE",
                message: "this organisation is not active: what belongs to it is closed for now")
        case .invalidCode(let message): self.init(status: .badRequest, code: "INVALID_CODE", message: message)
        case .unauthenticated: self = .unauthenticated("this needs an account: send Authorization: Bearer <access token>")
        case .forbidden(let message): self.init(status: .forbidden, code: "FORBIDDEN", message: message)
        case .fieldsForbidden(let faults):
            self.init(
                status: .forbidden, code: "FIELD_FORBIDDEN", message: "some of these fields may not be sent", details: faults)
        case .notFound: self = .notFound
        case .conflict(let keys): self.init(taken: keys)
        case .invalidTransition(let message): self.init(status: .conflict, code: "INVALID_TRANSITION", message: message)
        case .inUse(let message): self.init(status: .conflict, code: "IN_USE", message: message)
        case .repeatedDifferently:
            self.init(
                status: .conflict, code: "IDEMPOTENCY_MISMATCH", message: "this Idempotency-Key was used before with another body")
        case .versionMismatch:
            self.init(
                status: .preconditionFailed, code: "PRECONDITION_FAILED",
                message: "the record has changed since: read it again and repeat the change")
        case .checkFailed(let status, let message):
            switch status {
            case 402: self.init(status: .paymentRequired, code: "LIMIT_REACHED", message: message)
            case 409: self.init(status: .conflict, code: "CONFLICT", message: message)
            default: self = .invalid([FieldFault(path: "", code: "check", message: message)])
            }
        }
    }

    /// Keys that other records have, each by its fields.
    private init(taken keys: [[String]]) {
        var details: [FieldFault] = []
        for key in keys {
            // A reference to several collections is two columns and one field.
            let paths = key.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
            for path in paths where !details.contains(where: { $0.path == path }) {
                let others = paths.filter { $0 != path }.joined(separator: ", ")
                details.append(
                    FieldFault(path: path, code: "unique", message: others.isEmpty ? "is taken" : "is taken together with \(others)"))
            }
        }
        let message =
            if keys.count > 1 {
                "other records have these values already"
            } else if details.count > 1 {
                "another record has these values together already"
            } else {
                "another record has this value already"
            }
        self.init(status: .conflict, code: "CONFLICT", message: message, details: details)
    }

    private init(store error: StoreError) {
        switch error {
        case .conflict(let fields): self.init(taken: [fields])
        case .tooSlow: self = .unavailable("reading this took longer than two seconds and was stopped; narrow it")
        case .outOfRange: self = .invalid("a number computed from these values is out of range")
        case .unavailable: self = .unavailable("the store cannot be written just now")
        }
    }

    /// What the edge refuses by itself.
    init(_ refusal: Refusal) {
        switch refusal {
        case .badRequest(let reason): self = .invalid(reason)
        case .bodyTooLarge(let limit):
            self.init(status: .payloadTooLarge, code: "TOO_LARGE", message: "the body may have at most \(limit) bytes")
        case .uriTooLong: self.init(status: .uriTooLong, code: "URI_TOO_LONG", message: "the address is too long")
        case .headersTooLarge:
            self.init(status: .requestHeaderFieldsTooLarge, code: "HEADERS_TOO_LARGE", message: "the headers are too large")
        case .timeout: self.init(status: .requestTimeout, code: "TIMEOUT", message: "the request took too long to arrive")
        case .misdirected: self.init(status: .badRequest, code: "VALIDATION_ERROR", message: "the Host header is missing or malformed")
        case .draining: self = .unavailable("the server is shutting down")
        case .internalError:
            self.init(status: .internalServerError, code: "INTERNAL_ERROR", message: "something went wrong here; it has been logged")
        case .notImplemented(let what): self.init(status: .notImplemented, code: "NOT_IMPLEMENTED", message: what)
        }
    }
}
