internal import Synchronization

/// Lets one of many alike be said in a time, and counts the others: a flood of them must not fill the log.
package final class SeldomSaid: Sendable {
    private struct State {
        var saidAt: Int64?
        var count = 0
    }

    /// Milliseconds.
    private let interval: Int64
    private let state = Mutex(State())

    package init(every interval: Int64) {
        self.interval = interval
    }

    /// How many there were since the last that was said, this one included; nil: this one is not to be said.
    package func count(at now: Int64) -> Int? {
        state.withLock { state in
            state.count += 1
            if let saidAt = state.saidAt, now - saidAt < interval { return nil }
            defer { state = State(saidAt: now, count: 0) }
            return state.count
        }
    }
}
