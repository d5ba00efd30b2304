import NIOCore
import NIOHTTP1

/// A body on its way out that is not known as a whole.
struct Outgoing {
    let source: any BodySource
    /// Bytes that were handed over, with what frames them.
    var written: Int64 = 0
    /// Bytes of the body itself.
    var bytes: Int64 = 0
    let status: Int
    let route: String?
}

/// Bodies that come about while they are sent: in chunks, or until the connection closes where the client knows none.
extension HTTP1Connection {
    func begin(_ source: any BodySource, for response: Response, _ context: ChannelHandlerContext) {
        guard let exchange else { return }
        if !exchange.takesChunks { exchange.closesAfter = true }
        writeHead(of: response, length: exchange.takesChunks ? .chunked : .absent, for: exchange)
        let head = Int64(shared.scratch.readableBytes)
        write(shared.scratch, context)
        context.flush()
        // A write that fails closes the connection there and then: a source that began after that would never be told of its end.
        guard isActive, self.exchange === exchange else { return }
        exchange.outgoing = Outgoing(source: source, written: head, status: Int(response.status.code), route: response.route)
        wait(for: .streaming(taken: 0), shared.options.streamTimeout)
        source.begin(ConnectionOutlet(self, exchange))
        if shared.isDraining { source.drain() }
        if isInputClosed, source.isEndless { closeNow() }
    }

    func send(_ piece: ByteBuffer) {
        guard let context, let exchange, exchange.outgoing != nil, piece.readableBytes > 0 else { return }
        exchange.outgoing?.bytes += Int64(piece.readableBytes)
        guard exchange.takesChunks else {
            hand(piece, context)
            return context.flush()
        }
        shared.scratch.clear()
        shared.scratch.writeString(String(piece.readableBytes, radix: 16))
        shared.scratch.writeStaticString("\r\n")
        hand(shared.scratch, context)
        hand(piece, context)
        shared.scratch.clear()
        shared.scratch.writeStaticString("\r\n")
        hand(shared.scratch, context)
        context.flush()
    }

    func finishStream() {
        guard let context, let exchange, let outgoing = exchange.outgoing else { return }
        if exchange.takesChunks {
            shared.scratch.clear()
            shared.scratch.writeStaticString("0\r\n\r\n")
            write(shared.scratch, context)
        }
        endStream()
        // Whatever else the connection was told since the head went out.
        exchange.closesAfter = exchange.closesAfter || !exchange.keepsAlive || shared.isDraining
        log(exchange, status: outgoing.status, bytes: outgoing.bytes, route: outgoing.route)
        context.flush()
        finishAnswer(context)
    }

    /// The source is told, once, that nothing is taken any more; a client that went away has its line in the log all the same.
    func endStream() {
        guard let exchange, let outgoing = exchange.outgoing else { return }
        exchange.outgoing = nil
        if !isActive { log(exchange, status: outgoing.status, bytes: outgoing.bytes, route: outgoing.route) }
        outgoing.source.end()
    }

    /// Not at once: writability changes within a write of the source, which must not be asked for more in the midst of it.
    func resumeStream() {
        guard let exchange, exchange.outgoing != nil else { return }
        shared.loop.assumeIsolated().execute { [self] in
            guard self.exchange === exchange, let outgoing = exchange.outgoing, context?.channel.isWritable == true else { return }
            outgoing.source.resume()
        }
    }

    func drainStream() {
        guard let exchange, let outgoing = exchange.outgoing else { return }
        exchange.closesAfter = true
        outgoing.source.drain()
    }

    /// What the client, or at least the system, has taken of the body so far; nil without one.
    var taken: Int64? { exchange?.outgoing.map { $0.written - Int64(unsent) } }

    private var isActive: Bool { context?.channel.isActive ?? false }

    private func hand(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        exchange?.outgoing?.written += Int64(bytes.readableBytes)
        write(bytes, context)
    }
}
