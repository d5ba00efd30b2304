internal import Glibc
package import JSON
package import NIOCore
internal import NIOPosix

/// Commands of the operator to the running server, over `control.sock` in the data directory: one JSON object on a line, answered by one.
/// The socket is 0600, and only the server's own user and root are heard (SO_PEERCRED).
package final class ControlServer: Sendable {
    package typealias Handler = @Sendable (JSONValue, any EventLoop) -> EventLoopFuture<JSONValue>

    private let channel: any Channel
    private let path: String

    private init(channel: any Channel, path: String) {
        self.channel = channel
        self.path = path
    }

    package static func start(path: String, group: any EventLoopGroup, handler: @escaping Handler) async throws -> ControlServer {
        // What a dead server left; a living one holds the directory's lock.
        unlink(path)
        let channel = try await ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ControlHandler(handler))
                }
            }
            .bind(unixDomainSocketPath: path).get()
        chmod(path, 0o600)
        return ControlServer(channel: channel, path: path)
    }

    package func stop() async {
        try? await channel.close()
        unlink(path)
    }
}

/// `struct ucred` of unix(7), which Glibc's module leaves out.
private struct PeerCredentials: Sendable {
    var pid: Int32 = 0
    var uid: UInt32 = 0
    var gid: UInt32 = 0
}

/// One connection: lines in, lines out, one command at a time.
private final class ControlHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Bytes of one command.
    private static let limit = 1 << 20
    private let handler: ControlServer.Handler
    private var received = ByteBuffer()

    init(_ handler: @escaping ControlServer.Handler) {
        self.handler = handler
    }

    func channelActive(context: ChannelHandlerContext) {
        guard let provider = context.channel as? any SocketOptionProvider else { return context.close(promise: nil) }
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        let credentials: EventLoopFuture<PeerCredentials> = provider.unsafeGetSocketOption(level: .socket, name: .init(rawValue: SO_PEERCRED))
        credentials.whenComplete { result in
            if case .success(let peer) = result, peer.uid == geteuid() || peer.uid == 0 { return }
            bound.value.close(promise: nil)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received.writeImmutableBuffer(unwrapInboundIn(data))
        guard received.readableBytes <= Self.limit else { return context.close(promise: nil) }
        guard let end = received.readableBytesView.firstIndex(of: UInt8(ascii: "\n")),
            let line = received.readSlice(length: end - received.readerIndex + 1)
        else { return }
        let answer: EventLoopFuture<JSONValue>
        do throws(JSONError) {
            answer = handler(try JSONParser.parse(line), context.eventLoop)
        } catch {
            answer = context.eventLoop.makeSucceededFuture(["error": .string(error.description)])
        }
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        answer.hop(to: context.eventLoop).whenSuccess { answer in
            var buffer = ByteBuffer()
            buffer.writeJSON(answer)
            buffer.writeStaticString("\n")
            bound.value.writeAndFlush(NIOAny(buffer), promise: nil)
        }
    }
}
