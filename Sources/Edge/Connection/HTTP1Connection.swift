import NIOCore
import NIOHTTP1

/// A connection that speaks HTTP/1.1: one request is served at a time, answers leave in order, and nothing more is read than can be dealt with.
///
/// Everything here runs on the connection's event loop, without tasks or locks. This file is the way in: what arrives, in which
/// order it is looked at; what a request is, how answers leave and how long things may take stand in the extensions beside it.
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
        /// The next piece of a body. Holds what the client had taken when the present span began.
        case streaming(taken: Int64)
        /// The client to close, after we have.
        case goodbye
    }

    let shared: LoopContext
    var context: ChannelHandlerContext?
    var exchange: Exchange?
    var waiting = Waiting.nothing
    var deadline = NIODeadline.distantFuture
    /// What arrived while it could not be dealt with; never more than one read holds.
    var pending = CircularBuffer<HTTPServerRequestPart>(initialCapacity: 4)
    var pendingRefusal: Refusal?
    private var isPumping = false
    private var isReadAsked = false
    private(set) var isReading = false
    var needsFlush = false
    private(set) var isInputClosed = false
    /// Nobody knows where the next request would begin.
    var isInputUnsure = false
    /// Our side is closed; what still arrives is thrown away.
    var isLeaving = false
    var discarded: Int64 = 0
    var requests = 0
    var opened = NIODeadline.uptimeNanoseconds(0)
    var peer = ""
    var isPeerTrusted = false
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
        endStream()
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
            drainStream()
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
    var isFreshlyIdle = false

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            if exchange == nil, !isLeaving, case .writing = waiting { awaitNext() }
            resumeStream()
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
            if exchange.outgoing?.source.isEndless == true { closeNow() }
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

    func discard(_ count: Int) {
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
}
