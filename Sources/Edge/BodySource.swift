package import NIOCore

/// A body that comes about while it is sent. Everything here is called on the loop of the request, in this order: `begin`, then any number of
/// `resume` and at most one `drain`, at last `end`. Where the answer has no body (HEAD), or the client is gone before its head, nothing is.
package protocol BodySource: Sendable {
    /// Whether it never ends by itself: then it is over when the client closes its half of the connection.
    var isEndless: Bool { get }

    /// The head has been written; from now on `outlet` takes pieces.
    func begin(_ outlet: any BodyOutlet)

    /// The client takes more again, after `outlet.isWritable` was false. Never within `write`.
    func resume()

    /// The server wants to end. An endless body finishes now; another one goes on, within the time that the server grants.
    func drain()

    /// Nothing is taken any more: the body has been finished, or the client is gone.
    func end()
}

/// Where a `BodySource` puts its pieces. Belongs to the loop of its connection.
package protocol BodyOutlet: AnyObject {
    /// Back pressure: while it is false the source waits for `resume`. What is written all the same is kept in memory.
    var isWritable: Bool { get }

    /// Sends a piece at once.
    func write(_ piece: ByteBuffer)

    /// The body is whole.
    func finish()

    /// It cannot become whole: the connection closes without its end, by which the client knows.
    func fail()
}

/// The outlet into a connection, for as long as it serves that exchange.
final class ConnectionOutlet: BodyOutlet {
    private weak var connection: HTTP1Connection?
    private weak var exchange: Exchange?

    init(_ connection: HTTP1Connection, _ exchange: Exchange) {
        self.connection = connection
        self.exchange = exchange
    }

    var isWritable: Bool { open?.context?.channel.isWritable ?? false }

    func write(_ piece: ByteBuffer) { open?.send(piece) }

    func finish() { open?.finishStream() }

    func fail() { open?.closeNow() }

    private var open: HTTP1Connection? {
        guard let connection, let exchange, connection.exchange === exchange, exchange.outgoing != nil else { return nil }
        return connection
    }
}
