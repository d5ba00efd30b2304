import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import HTTPAPI

/// Work in turns leaves a loop to those who wait at its sockets.
@Suite struct LoopTurnTests {
    /// Goes on in turns until it is told to stop, or somebody has lost patience with it.
    private final class Endless: Sendable {
        let isOver = Atomic<Bool>(false)
        let isGivenUp = Atomic<Bool>(false)
        let deadline = ContinuousClock.now + .seconds(10)

        func go(on loop: any EventLoop) {
            if isOver.load(ordering: .relaxed) { return }
            guard ContinuousClock.now < deadline else { return isGivenUp.store(true, ordering: .relaxed) }
            loop.executeInNextTurn { self.go(on: loop) }
        }
    }

    @Test func `a connection is taken while the work goes on`() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let work = Endless()
        let server = try await ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                work.isOver.store(true, ordering: .relaxed)
                return channel.close()
            }
            .bind(host: "127.0.0.1", port: 0).get()
        loop.execute { work.go(on: loop) }
        let address = try #require(server.localAddress)
        let client = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(to: address).get()
        try? await client.closeFuture.get()
        try await server.close().get()
        let isGivenUp = work.isGivenUp.load(ordering: .relaxed)
        #expect(!isGivenUp, "the loop looked at no socket for ten seconds")
        try await group.shutdownGracefully()
    }

    @Test func `all have their turn, in their order`() async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        for count in [0, 1, 4, 5, 9] {
            let seen = NIOLoopBoundBox<[Int]>.makeBoxSendingValue([], eventLoop: loop)
            await withCheckedContinuation { continuation in
                loop.execute {
                    loop.inTurns(Array(0..<count)[...], atATime: 4) { number in
                        seen.value.append(number)
                    } then: {
                        continuation.resume()
                    }
                }
            }
            #expect(try await loop.submit { seen.value }.get() == Array(0..<count))
        }
    }
}
