import Logging
import NIOCore
import NIOHTTP1

/// A connection that speaks HTTP/1.1: one request is served at a time, answers leave in order, and nothing more is read than can be dealt with.
///
/// Everything here runs on the connection's event loop, without tasks or locks. This file is the way in: what arrives, in which
/// order it is looked at and how long that may take. The way out is in `HTTP1Connection+Answer`.
final class HTTP1Connection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = IOData

    /// What the connection is waiting for; when `deadline` passes, `expire` decides by this.
    enum Waiting {
        case nothing
        /// The first byte of the first request.
        case firstByte
        /// The first byte of another request.
        case nextRequest
        case head
        case body
        /// The unwanted rest of a body, after the answer.
        case rest
        /// The client to read. Holds what the socket had still to take when the present span began.
        case writing(unsent: Int)
        /// The client to close, after we have.
        case goodbye
    }

    let shared: LoopContext
    var context: ChannelHandlerContext?
    var exchange: Exchange?
    var waiting = Waiting.nothing
    private(set) var deadline = NIODeadline.distantFuture
    /// What arrived while it could not be dealt with; never more than one read holds.
    private var pending = CircularBuffer<HTTPServerRequestPart>(initialCapacity: 4)
    private var pendingRefusal: Refusal?
    private var isPumping = false
    private var isReadAsked = false
    private(set) var isReading = false
    var needsFlush = false
    private(set) var isInputClosed = false
    /// Nobody knows where the next request would begin.
    var isInputUnsure = false
    /// Our side is closed; what still arrives is thrown away.
    var isLeaving = false
    private var discarded: Int64 = 0
    private var requests = 0
    private var opened = NIODeadline.uptimeNanoseconds(0)
    private var peer = ""
    private var isPeerTrusted = false
    /// Opened after draining began: only health is answered.
    private(set) var isLate = false

    init(shared: LoopContext) {
        self.shared = shared
    }

    // MARK: Coming and going

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { begin(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    private func begin(_ context: ChannelHandlerContext) {
        guard case .nothing = waiting, requests == 0, !isReadAsked else { return }
        let options = shared.options
        if let address = context.remoteAddress?.ipAddress, let bytes = IPAddress.bytes(address) {
            peer = IPAddress.text(bytes)
            isPeerTrusted = options.trustedProxies.contains { $0.contains(bytes) }
        }
        opened = shared.loop.now
        isLate = shared.isDraining
        wait(for: .firstByte, options.headerTimeout)
        shared.add(self)
        readOn()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        wentAway()
        context.fireChannelInactive()
    }

    private func wentAway() {
        abandonSink()
        if let exchange, !exchange.isLogged { log(exchange, status: 499, bytes: 0, route: nil) }
        exchange = nil
        pending.removeAll()
        deadline = .distantFuture
        shared.remove(self)
    }

    /// A request is being served, or its answer is still on the way.
    var isServing: Bool {
        if exchange != nil { return true }
        if case .writing = waiting { return true }
        return false
    }

    func drain() {
        if exchange != nil {
            exchange?.keepsAlive = false
        } else {
            switch waiting {
            case .firstByte, .nextRequest: closeNow()
            default: break
            }
        }
    }

    func closeNow() {
        context?.close(promise: nil)
    }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isReading = true
        let part = Self.unwrapInboundIn(data)
        if isLeaving {
            if case .body(let piece) = part { discard(piece.readableBytes) }
        } else if pending.isEmpty, isReady(for: part) {
            take(part)
        } else {
            pending.append(part)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        isReadAsked = false
        if exchange == nil, pending.isEmpty, !isLeaving {
            // Bytes have come, but no whole head yet
            switch waiting {
            case .firstByte: waiting = .head
            case .nextRequest where !isFreshlyIdle: wait(for: .head, shared.options.headerTimeout)
            default: break
            }
        }
        isFreshlyIdle = false
        if needsFlush {
            needsFlush = false
            context.flush()
        }
        pump()
        readOn()
        context.fireChannelReadComplete()
    }

    /// Set when a request ended within this very read: its end is no sign of a next one.
    private var isFreshlyIdle = false

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            if exchange == nil, !isLeaving, case .writing = waiting { awaitNext() }
            pump()
            readOn()
        }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .some(.inputClosed) = event as? ChannelEvent {
            inputEnded()
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// Requests that have arrived whole are still answered (RFC 9112 section 9.6: a client may close its half).
    private func inputEnded() {
        isInputClosed = true
        if let exchange {
            if !exchange.isRequestWhole, exchange.bodyIsExpected, pending.isEmpty { closeNow() }
            return
        }
        switch waiting {
        case .writing: break
        case .goodbye: closeNow()
        default: if pending.isEmpty, !isLeaving { closeNow() }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case let error as HTTPParserError:
            switch error {
            case .headerOverflow: fail(.headersTooLarge)
            case .invalidMethod: fail(.notImplemented("The method is not known."))
            case .closedConnection: break  // bytes after "connection: close" are nobody's
            case .invalidEOFState: inputEnded()
            default: fail(.badRequest("The request is malformed."))
            }
        case ByteToMessageDecoderError.dataReceivedInErrorState(_, let bytes):
            discard(bytes.readableBytes)
        case is ByteToMessageDecoderError.PayloadTooLargeError:
            fail(.badRequest("The request is malformed."))
        default:
            closeNow()
        }
    }

    /// The bytes cannot be understood from here on.
    private func fail(_ refusal: Refusal) {
        guard !isLeaving else { return }
        isInputUnsure = true
        pendingRefusal = pendingRefusal ?? refusal
        pump()
    }

    private func discard(_ count: Int) {
        discarded += Int64(count)
        if discarded > shared.options.discardedBytes { closeNow() }
    }

    /// Asks for more bytes, unless there is enough to do. Safe to call at any time.
    func readOn() {
        guard let context, !isReadAsked, !isReading, pending.isEmpty, pendingRefusal == nil || isLeaving, !isInputClosed else { return }
        if exchange?.isSinkBusy == true { return }
        isReadAsked = true
        context.read()
    }

    // MARK: In order

    private func isReady(for part: HTTPServerRequestPart) -> Bool {
        if let exchange { return !exchange.isRequestWhole && !exchange.isSinkBusy }
        guard let context, context.channel.isWritable else { return false }
        if case .writing = waiting { return false }
        return true
    }

    /// Deals with what had to wait. Called whenever a reason for waiting may have gone.
    func pump() {
        guard !isPumping else { return }
        isPumping = true
        defer { isPumping = false }
        while let part = pending.first, !isLeaving, isReady(for: part) {
            pending.removeFirst()
            take(part)
        }
        if isLeaving { pending.removeAll() }
        guard let refusal = pendingRefusal, pending.isEmpty, !isLeaving else { return }
        if let exchange {
            // Its own body is broken; a broken successor waits until this one is answered
            guard !exchange.isRequestWhole else { return }
            if exchange.isAnswered {
                if exchange.isAnswerWhole { closeNow() }
            } else {
                pendingRefusal = nil
                abandonSink()
                refuse(refusal)
            }
        } else {
            if case .writing = waiting { return }
            pendingRefusal = nil
            requests += 1
            exchange = newExchange(method: .RAW(value: "-"))
            refuse(refusal)
        }
    }

    private func take(_ part: HTTPServerRequestPart) {
        switch part {
        case .head(let head): open(head)
        case .body(let piece): receive(piece)
        case .end: receiveEnd()
        }
    }

    private func newExchange(method: HTTPMethod) -> Exchange {
        Exchange(id: shared.ids.next(), method: method, client: peer, started: shared.loop.now)
    }

    private func open(_ head: HTTPRequestHead) {
        let options = shared.options
        requests += 1
        wait(for: .nothing)
        let exchange = newExchange(method: head.method)
        self.exchange = exchange
        let inspection: HeadInspection
        let target: RequestTarget
        do throws(HeadInspection.Inadmissible) {
            exchange.rawPath = String(head.uri.utf8.prefix(256).prefix { $0 != UInt8(ascii: "?") }) ?? ""
            inspection = try HeadInspection(head, options: options)
        } catch {
            return refuse(error.refusal)
        }
        if isPeerTrusted {
            if let id = inspection.requestID, HeadInspection.isRequestID(id) { exchange.id = id }
            if inspection.isForwarded {
                exchange.client = ForwardedFor.client(
                    values: head.headers["x-forwarded-for"], peer: peer, trusted: options.trustedProxies)
            }
        }
        exchange.userAgent = inspection.userAgent
        exchange.framing = inspection.framing
        exchange.expectsContinue = inspection.expectsContinue && inspection.framing != .none && head.version.minor > 0
        // The decoder stops at CONNECT and at an upgrade: what follows is not HTTP to it
        exchange.keepsAlive =
            head.isKeepAlive && head.version.minor > 0 && !inspection.asksUpgrade && head.method != .CONNECT && !shared.isDraining
            && requests < options.keepAliveRequests && exchange.started - opened < options.keepAliveLifetime
            && !(isInputClosed && pending.isEmpty)
        if head.method == .CONNECT {
            return refuse(.notImplemented("This server is no proxy."))
        }
        do throws(RequestTarget.Fault) {
            target = try RequestTarget(head.uri)
        } catch {
            return refuse(.badRequest(error.reason))
        }
        exchange.rawPath = target.rawPath
        if let authority = target.authority, authority.lowercased() != inspection.host?.lowercased() {
            return refuse(.misdirected)
        }
        if head.method == .GET || head.method == .HEAD, target.segments.first == "health", answersHealth(target) { return }
        if isLate { return refuse(.draining) }
        let request = Request(
            method: head.method, target: head.uri, path: target.segments, query: target.query, headers: head.headers,
            clientAddress: exchange.client, id: exchange.id, eventLoop: shared.loop)
        begin(shared.responder.receive(request))
    }

    private func begin(_ intake: Intake) {
        guard let exchange else { return }
        switch intake {
        case .respond(let response):
            return answer(with: response)
        case .collect(let limit, let then):
            if case .length(let length) = exchange.framing, length > limit { return refuse(.bodyTooLarge(limit: limit)) }
            exchange.taking = .collect(limit: limit, then)
        case .stream(let sink):
            exchange.taking = .stream(sink)
        }
        if exchange.expectsContinue { sayContinue() }
        if exchange.bodyIsExpected { wait(for: .body, shared.options.bodyTimeout) }
    }

    // MARK: Bodies

    private func receive(_ piece: ByteBuffer) {
        guard let exchange else { return }
        exchange.received += Int64(piece.readableBytes)
        exchange.expectsContinue = false  // the client did not wait, or no longer does
        switch exchange.taking {
        case .discard:
            if exchange.isAnswerWhole { discard(piece.readableBytes) }
        case .collect(let limit, _):
            if exchange.received > limit { return refuse(.bodyTooLarge(limit: limit)) }
            if exchange.whole.readableBytes == 0 { exchange.whole = piece } else { exchange.whole.writeImmutableBuffer(piece) }
        case .stream(let sink):
            exchange.isSinkBusy = true
            sink.receive(piece).hop(to: shared.loop).assumeIsolated().whenComplete { [self] result in
                guard self.exchange === exchange, exchange.isSinkBusy else { return }
                exchange.isSinkBusy = false
                switch result {
                case .success:
                    // The time the sink took is not the client's
                    if case .body = waiting { wait(for: .body, shared.options.bodyTimeout) }
                case .failure(let error):
                    self.finish(sink, error)
                }
                pump()
                readOn()
            }
        }
    }

    private func receiveEnd() {
        guard let exchange else { return }
        exchange.isRequestWhole = true
        exchange.expectsContinue = false
        let taking = exchange.taking
        exchange.taking = .discard
        switch taking {
        case .discard:
            finishExchange()
        case .collect(_, let then):
            wait(for: .nothing)
            let whole = exchange.whole
            exchange.whole = ByteBuffer()
            answer(with: then(whole))
        case .stream(let sink):
            finish(sink, nil)
        }
    }

    private func finish(_ sink: any BodySink, _ failure: (any Error)?) {
        exchange?.taking = .discard
        wait(for: .nothing)
        answer(with: sink.finish(failure))
    }

    func abandonSink() {
        guard case .stream(let sink) = exchange?.taking else { return }
        exchange?.taking = .discard
        exchange?.isSinkBusy = false
        sink.abandon()
    }

    private func answer(with answer: EventLoopFuture<Response>) {
        guard let exchange else { return }
        answer.hop(to: shared.loop).assumeIsolated().whenComplete { [self] result in
            guard self.exchange === exchange, !exchange.isAnswered else { return }
            switch result {
            case .success(let response): respond(response)
            case .failure(let error):
                shared.logger.error("a request failed", metadata: ["error": "\(error)", "request_id": "\(exchange.id)"])
                refuse(.internalError)
            }
        }
    }

    /// Both halves are done: the next request may come. `isFlushed` tells that the client has read the answer.
    func finishExchange() {
        guard let exchange, exchange.isRequestWhole, exchange.isAnswerWhole, !isLeaving else { return }
        self.exchange = nil
        isFreshlyIdle = isReading
        discarded = 0
        if context?.channel.isWritable == true {
            awaitNext()
        } else {
            waitForWrites()
        }
        if !isReading {
            pump()
            readOn()
        }
    }

    /// The answer is out; the connection stays for another request if there is a reason to.
    private func awaitNext() {
        let isLast = pending.isEmpty && pendingRefusal == nil && (isInputClosed || shared.isDraining)
        if isLast, !isReading, let context { return leave(context) }
        wait(for: .nextRequest, shared.options.keepAliveTimeout)
    }

    // MARK: Time

    func wait(for reason: Waiting, _ span: TimeAmount? = nil) {
        waiting = reason
        deadline = span.map { shared.loop.now + $0 } ?? .distantFuture
        if let exchange { exchange.receivedBefore = exchange.received }
    }

    func waitForWrites() {
        wait(for: .writing(unsent: unsent), shared.options.writeTimeout)
    }

    private var unsent: Int {
        let options = context?.channel.syncOptions
        return (try? options?.getOption(.bufferedWritableBytes)) ?? 0
    }

    /// Called when `deadline` has passed.
    func expire(_ now: NIODeadline) {
        let options = shared.options
        switch waiting {
        case .nothing:
            deadline = .distantFuture
        case .firstByte, .nextRequest, .rest, .goodbye:
            closeNow()
        case .head:
            requests += 1
            exchange = newExchange(method: .RAW(value: "-"))
            refuse(.timeout)
        case .body:
            guard let exchange else { return closeNow() }
            if exchange.isSinkBusy {
                deadline = now + options.bodyTimeout
            } else if exchange.received - exchange.receivedBefore >= least(in: options.bodyTimeout) {
                wait(for: .body, options.bodyTimeout)
            } else {
                abandonSink()
                refuse(.timeout)
            }
        case .writing(let before):
            if before - unsent >= least(in: options.writeTimeout) { waitForWrites() } else { closeNow() }
        }
    }

    /// The bytes that a span must bring.
    private func least(in span: TimeAmount) -> Int64 {
        max(1, span.nanoseconds / 1_000_000_000 * shared.options.minimumRate)
    }
}
