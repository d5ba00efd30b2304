import Expressions
import NIOCore
import NIOPosix
import Ports
import Testing

@testable import Identity

@Suite struct PasswordQueueTests {
    /// No lock-out counts right passwords, nor sign-ups: their storms must not keep others out either.
    @Test func aStormOfOneNetworkLeavesRoomForOthers() async throws {
        let hasher = try PasswordHasher(threads: 1, processors: [], random: SystemRandom())
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        func facts(_ address: String) -> RequestFacts { RequestFacts(ip: address, method: "POST", userAgent: "") }
        // A hash that is none ends at once, when its turn has come; real ones hold the only thread until all have asked.
        let first = (1...4).map { hasher.hash("a password that takes its time", for: facts("203.0.113.\($0)"), on: loop) }
        let storm = (0..<200).map { hasher.verify("x", against: "*", for: facts("2001:db8:0:1::\($0)"), on: loop) }
        let other = hasher.verify("x", against: "*", for: facts("2001:db8:0:2::1"), on: loop)
        var busy = 0
        for future in storm {
            do {
                _ = try await future.get()
            } catch PasswordError.busy {
                busy += 1
            } catch PasswordError.failed {}
        }
        #expect(busy == 200 - 64)
        await #expect(throws: PasswordError.failed) { try await other.get() }
        for future in first { _ = try await future.get() }
        // Everybody has left: there is room again.
        await #expect(throws: PasswordError.failed) {
            try await hasher.verify("x", against: "*", for: facts("2001:db8:0:1::1"), on: loop).get()
        }
        await hasher.shutdown()
    }
}
