internal import Synchronization

/// What is written for addresses that nobody has, so that their answers take as long as others: bounded, since anybody may think of any number
/// of them. Counted in memory, for all strangers together.
package final class StrangerBudget: Sendable {
    /// How much is written for one more.
    enum Allowance: Int, Comparable {
        case nothing
        /// A row that counts his tries.
        case proof
        /// That and a message, which is most of the work.
        case message

        static func < (left: Allowance, right: Allowance) -> Bool { left.rawValue < right.rawValue }
    }

    private struct State {
        var start = Int64.min
        var count = 0
    }

    /// Milliseconds.
    private static let window: Int64 = 3_600_000
    private let messages: Int
    private let proofs: Int
    private let state = Mutex(State())

    /// So many messages within an hour, and so many proofs: those are a tenth as large, and last a day.
    package init(messages: Int = 1_000, proofs: Int = 20_000) {
        self.messages = messages
        self.proofs = proofs
    }

    func allowance(at now: Int64) -> Allowance {
        let count = state.withLock { now - Self.window < $0.start ? $0.count : 0 }
        return count < messages ? .message : count < proofs ? .proof : .nothing
    }

    func spend(at now: Int64) {
        state.withLock { state in
            if now - Self.window >= state.start { state = State(start: now, count: 0) }
            state.count += 1
        }
    }
}
