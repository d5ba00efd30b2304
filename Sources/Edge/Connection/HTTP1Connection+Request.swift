import Logging
import NIOCore
import NIOHTTP1

/// What a request is: its head is checked, its body goes where the responder wants it.
extension HTTP1Connection {
    func newExchange(method: HTTPMethod) -> Exchange {
        Exchange(id: shared.ids.next(), method: method, client: peer, started: shared.loop.now)
    }

    func open(_ head: HTTPRequestHead) {
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
        exchange.takesChunks = head.version.minor > 0
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

    func begin(_ intake: Intake) {
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

    func receive(_ piece: ByteBuffer) {
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

    func receiveEnd() {
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

    func finish(_ sink: any BodySink, _ failure: (any Error)?) {
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

    func answer(with answer: EventLoopFuture<Response>) {
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
    func awaitNext() {
        let isLast = pending.isEmpty && pendingRefusal == nil && (isInputClosed || shared.isDraining)
        if isLast, !isReading, let context { return leave(context) }
        wait(for: .nextRequest, shared.options.keepAliveTimeout)
    }
}
