package import NIOCore

/// What the edge allows its clients: addresses, times and sizes. The defaults are those of docs/edge.md; whoever reads a configuration maps it to this.
package struct EdgeOptions: Sendable {
    /// `"127.0.0.1:8080"`, `"[::]:80"` or `":80"` (every address, both families). Port 0 takes a free one.
    package var addresses: [String]
    /// Listening sockets that somebody else has bound (systemd, a test); used instead of `addresses` when there are any.
    package var inheritedSockets: [CInt]
    /// Event loops; 0 is one per core.
    package var threads: Int

    /// From the connection (or the first byte of a later request) to the end of its head.
    package var headerTimeout: TimeAmount
    /// Each span of this length must bring `minimumRate` bytes per second of a body, or its end.
    package var bodyTimeout: TimeAmount
    /// The same for an answer that the client reads slowly.
    package var writeTimeout: TimeAmount
    /// A body that comes about while it is sent may pause for as long as it likes; but of what waits to be sent, each span of this length must
    /// see the client take something.
    package var streamTimeout: TimeAmount
    /// Bytes per second.
    package var minimumRate: Int64
    /// How long a connection may stay open between two requests.
    package var keepAliveTimeout: TimeAmount
    package var keepAliveRequests: Int
    package var keepAliveLifetime: TimeAmount

    /// Names, values and separators of all fields, in bytes.
    package var headerBytes: Int
    package var headerFields: Int
    package var targetBytes: Int

    /// After an early answer at most this much of the unwanted body is read before the connection closes.
    package var discardedBytes: Int64
    package var discardTimeout: TimeAmount

    /// Networks (`"10.0.0.0/8"`, `"::1"`) whose `x-forwarded-for` and `x-request-id` are believed.
    package var trustedProxies: [Network]

    package init(
        addresses: [String] = ["127.0.0.1:8080"], inheritedSockets: [CInt] = [], threads: Int = 0,
        headerTimeout: TimeAmount = .seconds(10), bodyTimeout: TimeAmount = .seconds(30),
        writeTimeout: TimeAmount = .seconds(30), streamTimeout: TimeAmount = .seconds(60), minimumRate: Int64 = 1024,
        keepAliveTimeout: TimeAmount = .seconds(75),
        keepAliveRequests: Int = 1000, keepAliveLifetime: TimeAmount = .hours(1), headerBytes: Int = 16 * 1024,
        headerFields: Int = 100, targetBytes: Int = 8 * 1024, discardedBytes: Int64 = 256 * 1024,
        discardTimeout: TimeAmount = .seconds(5), trustedProxies: [Network] = []
    ) {
        self.addresses = addresses
        self.inheritedSockets = inheritedSockets
        self.threads = threads
        self.headerTimeout = headerTimeout
        self.bodyTimeout = bodyTimeout
        self.writeTimeout = writeTimeout
        self.streamTimeout = streamTimeout
        self.minimumRate = minimumRate
        self.keepAliveTimeout = keepAliveTimeout
        self.keepAliveRequests = keepAliveRequests
        self.keepAliveLifetime = keepAliveLifetime
        self.headerBytes = headerBytes
        self.headerFields = headerFields
        self.targetBytes = targetBytes
        self.discardedBytes = discardedBytes
        self.discardTimeout = discardTimeout
        self.trustedProxies = trustedProxies
    }
}
