import Ports
import Synchronization
import Testing

@Suite struct CallbackTests {
    /// A closure that a generic container wraps anew at each reading grows without end: the 2,000,000th call would overflow the stack.
    @Test func aCallCostsTheSameHoweverOftenItWasMade() {
        let callback = Callback<[Int]>()
        let heard = Atomic(0)
        callback([1])
        callback.set { heard.add($0.count, ordering: .relaxed) }
        for _ in 0..<2_000_000 { callback([1]) }
        #expect(heard.load(ordering: .relaxed) == 2_000_000)
    }

    @Test func theLastListenerHears() {
        let callback = Callback<Int>()
        let first = Atomic(0)
        let second = Atomic(0)
        callback.set { first.add($0, ordering: .relaxed) }
        callback.set { second.add($0, ordering: .relaxed) }
        callback(3)
        #expect(first.load(ordering: .relaxed) == 0)
        #expect(second.load(ordering: .relaxed) == 3)
    }
}
