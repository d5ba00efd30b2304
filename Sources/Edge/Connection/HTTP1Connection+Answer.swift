import Glibc
import JSON
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Ports

/// The way out: heads, bodies, files, refusals, and how a connection ends.
extension HTTP1Connection {
    /// Bodies up to this size leave in one piece with their head; copying them is cheaper than a second buffer.
    private static let inlineLimit = 16 * 1024
    /// Files up to this size are read whole, on the pool; greater ones go from the page cache to the socket.
    private static let wholeFileLimit: Int64 = 64 * 1024

    /// Answers with a refusal and closes: after most of them nobody knows where the next request begins.
    func refuse(_ refusal: Refusal) {
        guard let id = exchange?.id else { return }
        switch refusal {
        // The framing is sound; whether the connection can go on is decided by the rest of the body
        case .bodyTooLarge, .internalError: break
        default:
            exchange?.keepsAlive = false
            isInputUnsure = true
        }
        exchange?.taking = .discard
        respond(shared.responder.refuse(refusal, requestID: id))
    }

    func respond(_ response: Response) {
        guard let exchange, !exchange.isAnswered, let context else { return }
        exchange.isAnswered = true
        exchange.taking = .discard
        exchange.isSinkBusy = false
        exchange.closesAfter = !exchange.keepsAlive || shared.isDraining || !canDiscardRest(exchange)
        wait(for: .nothing)

        if exchange.method == .HEAD || !response.status.mayHaveBody {
            return sendWhole(response, body: nil)
        }
        switch response.body {
        case .none: sendWhole(response, body: nil)
        case .bytes(let bytes): sendWhole(response, body: bytes)
        case .file(let path, let offset, let length): open(path, offset, length, for: response, context)
        case .stream(let source): begin(source, for: response, context)
        }
    }

    /// Whether the connection can go on after an early answer, because little of the body is still to come.
    private func canDiscardRest(_ exchange: Exchange) -> Bool {
        if exchange.isRequestWhole { return true }
        switch exchange.framing {
        case .none: return true
        case .chunked: return !exchange.expectsContinue && exchange.received <= shared.options.discardedBytes
        case .length(let length): return !exchange.expectsContinue && length - exchange.received <= shared.options.discardedBytes
        }
    }

    func sayContinue() {
        guard let context else { return }
        var buffer = ByteBuffer()
        buffer.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n")
        context.writeAndFlush(Self.wrapOutboundOut(.byteBuffer(buffer)), promise: nil)
    }

    // MARK: Bytes

    private func sendWhole(_ response: Response, body: ByteBuffer?) {
        guard let context, let exchange else { return }
        let count = body.map { Int64($0.readableBytes) } ?? (exchange.method == .HEAD ? response.declaredLength : 0)
        writeHead(of: response, count: count, for: exchange)
        if let body, body.readableBytes > 0 {
            if body.readableBytes <= Self.inlineLimit {
                shared.scratch.writeImmutableBuffer(body)
                write(shared.scratch, context)
            } else {
                write(shared.scratch, context)
                write(body, context)
            }
        } else {
            write(shared.scratch, context)
        }
        log(exchange, status: Int(response.status.code), bytes: body.map { Int64($0.readableBytes) } ?? 0, route: response.route)
        finishAnswer(context)
    }

    private func writeHead(of response: Response, count: Int64?, for exchange: Exchange) {
        writeHead(of: response, length: response.status.mayHaveBody ? count.map { .bytes($0) } ?? .absent : .absent, for: exchange)
    }

    func writeHead(of response: Response, length: ResponseHead.Length, for exchange: Exchange) {
        let now = shared.clock.now()
        shared.timestamps.turn(to: now)
        shared.scratch.clear()
        let head = ResponseHead(
            status: response.status, headers: response.headers, length: length,
            requestID: exchange.id, date: shared.timestamps.httpDate, closes: exchange.closesAfter)
        let refused = head.write(to: &shared.scratch)
        for name in refused {
            shared.logger.error("a header was left out", metadata: ["header": "\(name)", "request_id": "\(exchange.id)"])
        }
    }

    func write(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        context.write(Self.wrapOutboundOut(.byteBuffer(bytes)), promise: nil)
    }

    /// Everything has been handed over; what is left depends on the body still to come and on whether the connection stays.
    func finishAnswer(_ context: ChannelHandlerContext) {
        exchange?.isAnswerWhole = true
        guard let exchange else { return }
        if exchange.closesAfter { return leave(context) }
        flush(context)
        if exchange.isRequestWhole || !exchange.bodyIsExpected {
            finishExchange()
        } else {
            wait(for: .rest, shared.options.discardTimeout)
            readOn()
        }
    }

    /// Answers to pipelined requests that arrived together leave together.
    private func flush(_ context: ChannelHandlerContext) {
        if isReading { needsFlush = true } else { context.flush() }
    }

    /// Ends the connection once the answer has gone out. Closing with unread bytes would reset it and could destroy the answer on its
    /// way (RFC 9112 section 9.6), so our half is closed first and a bounded rest is read.
    func leave(_ context: ChannelHandlerContext) {
        isLeaving = true
        let isWhole = exchange.map { $0.isRequestWhole || !$0.bodyIsExpected } ?? true
        let isClean = isWhole && !isInputUnsure
        needsFlush = false
        waitForWrites()
        let gone = context.eventLoop.makePromise(of: Void.self)
        gone.futureResult.assumeIsolated().whenComplete { [self] _ in
            exchange = nil
            guard let context = self.context else { return }
            if isClean || isInputClosed { return context.close(promise: nil) }
            wait(for: .goodbye, shared.options.discardTimeout)
            context.close(mode: .output, promise: nil)
            pump()
            readOn()
        }
        context.writeAndFlush(Self.wrapOutboundOut(.byteBuffer(ByteBuffer())), promise: gone)
    }

    // MARK: Files

    private struct OpenedFile: Sendable {
        var descriptor: CInt
        var bytes: ByteBuffer?
    }

    private struct FileUnusable: Error {
        var reason: String
    }

    private func open(_ path: String, _ offset: Int64, _ length: Int64, for response: Response, _ context: ChannelHandlerContext) {
        guard let exchange else { return }
        shared.files.runIfActive(eventLoop: shared.loop) { try Self.openFile(path, offset, length) }
            .assumeIsolated().whenComplete { [self] result in
                guard self.exchange === exchange, let context = self.context else {
                    if case .success(let file) = result, file.descriptor >= 0 { close(file.descriptor) }
                    return
                }
                switch result {
                case .success(let file):
                    if let bytes = file.bytes { return sendWhole(response, body: bytes) }
                    send(file.descriptor, offset, length, for: response, context)
                case .failure(let error):
                    shared.logger.error("a file could not be sent", metadata: ["error": "\(error)", "request_id": "\(exchange.id)"])
                    sendWhole(shared.responder.refuse(.internalError, requestID: exchange.id))
                }
            }
    }

    private func sendWhole(_ response: Response) {
        guard case .bytes(let bytes) = response.body else { return sendWhole(response, body: nil) }
        sendWhole(response, body: bytes)
    }

    /// Runs on the pool. The file must hold the part that was promised: a head cannot be taken back.
    private static func openFile(_ path: String, _ offset: Int64, _ length: Int64) throws -> OpenedFile {
        guard offset >= 0, length >= 0, length <= Int64.max - offset else { throw FileUnusable(reason: "impossible range") }
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw FileUnusable(reason: String(cString: strerror(errno))) }
        var state = stat()
        guard fstat(descriptor, &state) == 0, state.st_mode & S_IFMT == S_IFREG, Int64(state.st_size) >= offset + length else {
            Glibc.close(descriptor)
            throw FileUnusable(reason: "not a regular file of the promised size")
        }
        guard length <= wholeFileLimit else { return OpenedFile(descriptor: descriptor, bytes: nil) }
        defer { Glibc.close(descriptor) }
        var bytes = ByteBufferAllocator().buffer(capacity: Int(length))
        while Int64(bytes.readableBytes) < length {
            let rest = Int(length) - bytes.readableBytes
            let position = offset + Int64(bytes.readableBytes)
            let count = bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: rest) { space in
                max(0, pread(descriptor, space.baseAddress, min(rest, space.count), off_t(position)))
            }
            if count == 0 { throw FileUnusable(reason: "shorter than promised") }
        }
        return OpenedFile(descriptor: -1, bytes: bytes)
    }

    private func send(_ descriptor: CInt, _ offset: Int64, _ length: Int64, for response: Response, _ context: ChannelHandlerContext) {
        guard let exchange else { return }
        let handle = NIOFileHandle(_deprecatedTakingOwnershipOfDescriptor: descriptor)
        let region = FileRegion(fileHandle: handle, readerIndex: Int(offset), endIndex: Int(offset + length))
        writeHead(of: response, count: length, for: exchange)
        write(shared.scratch, context)
        let sent = context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.assumeIsolated().whenComplete { [self] result in
            try? handle.close()
            guard self.exchange === exchange, let context = self.context else { return }
            guard case .success = result else { return closeNow() }
            log(exchange, status: Int(response.status.code), bytes: length, route: response.route)
            finishAnswer(context)
        }
        waitForWrites()
        context.writeAndFlush(Self.wrapOutboundOut(.fileRegion(region)), promise: sent)
        needsFlush = false
    }

    // MARK: Health

    /// `/health` and `/health/ready` need nothing but this process, so they are answered here.
    func answersHealth(_ target: RequestTarget) -> Bool {
        guard let id = exchange?.id else { return false }
        var body = ByteBuffer()
        var status = HTTPResponseStatus.ok
        var headers: HTTPHeaders = ["content-type": "application/json; charset=utf-8", "cache-control": "no-store"]
        switch target.segments.count {
        case 1:
            body.writeStaticString(#"{"success":true,"data":{"status":"ok"},"meta":{"request_id":"#)
        case 2 where target.segments[1] == "ready":
            if let reason = shared.isDraining ? "shutting down" : shared.readiness.reason {
                status = .serviceUnavailable
                headers.add(name: "retry-after", value: "5")
                body.writeStaticString(#"{"success":false,"error":{"code":"UNAVAILABLE","message":"#)
                body.writeJSON(string: reason)
                body.writeStaticString(#","details":[]},"meta":{"request_id":"#)
            } else {
                body.writeStaticString(#"{"success":true,"data":{"status":"ready"},"meta":{"request_id":"#)
            }
        default: return false
        }
        body.writeJSON(string: id)
        body.writeStaticString("}}")
        respond(Response(status: status, headers: headers, body: .bytes(body), route: "/" + target.segments.joined(separator: "/")))
        return true
    }

    // MARK: Log

    func log(_ exchange: Exchange, status: Int, bytes: Int64, route: String?) {
        exchange.isLogged = true
        guard let log = shared.accessLog else { return }
        let now = shared.clock.now()
        shared.timestamps.turn(to: now)
        log.append(
            AccessLog.Entry(
                milliseconds: now, id: exchange.id, method: exchange.method.rawValue, path: exchange.rawPath, route: route, status: status,
                bytes: bytes, microseconds: (shared.loop.now - exchange.started).nanoseconds / 1000, client: exchange.client,
                userAgent: exchange.userAgent),
            second: shared.timestamps.rfc3339)
    }
}

extension HTTPResponseStatus {
    /// RFC 9110 sections 15.2, 15.3.5, 15.4.5.
    var mayHaveBody: Bool { code >= 200 && code != 204 && code != 304 }
}

extension Response {
    /// For answers to HEAD: what a GET would have sent, where that is known.
    fileprivate var declaredLength: Int64? {
        switch body {
        case .bytes(let bytes): Int64(bytes.readableBytes)
        case .file(_, _, let length): max(0, length)
        case .stream: nil
        case .none: headers.first(name: "content-length").map { HeadInspection.length($0) } ?? 0
        }
    }
}
