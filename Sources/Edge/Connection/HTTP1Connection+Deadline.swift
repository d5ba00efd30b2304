import NIOCore
import NIOHTTP1

/// How long things may take. One deadline per connection, by what it waits for.
extension HTTP1Connection {
    func wait(for reason: Waiting, _ span: TimeAmount? = nil) {
        waiting = reason
        deadline = span.map { shared.loop.now + $0 } ?? .distantFuture
        if let exchange { exchange.receivedBefore = exchange.received }
    }

    func waitForWrites() {
        wait(for: .writing(unsent: unsent), shared.options.writeTimeout)
    }

    var unsent: Int {
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
        case .streaming(let before):
            if let taken, taken > before || unsent == 0 { wait(for: .streaming(taken: taken), options.streamTimeout) } else { closeNow() }
        case .writing(let before):
            if before - unsent >= least(in: options.writeTimeout) { waitForWrites() } else { closeNow() }
        }
    }

    /// The bytes that a span must bring.
    func least(in span: TimeAmount) -> Int64 {
        max(1, span.nanoseconds / 1_000_000_000 * shared.options.minimumRate)
    }
}
