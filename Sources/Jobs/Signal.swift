import Synchronization

/// A wake-up that is never lost: `wait` returns at once when `raise` was called since it last returned. For one waiter at a time;
/// cancellation does not end the wait.
final class Signal: Sendable {
    private enum State {
        case quiet
        case raised
        case awaited(CheckedContinuation<Void, Never>)
    }

    private let state = Mutex(State.quiet)

    func raise() {
        let waiter: CheckedContinuation<Void, Never>? = state.withLock { state in
            if case .awaited(let waiter) = state {
                state = .quiet
                return waiter
            }
            state = .raised
            return nil
        }
        waiter?.resume()
    }

    func wait() async {
        await withCheckedContinuation { continuation in
            let isRaised = state.withLock { state in
                if case .raised = state {
                    state = .quiet
                    return true
                }
                state = .awaited(continuation)
                return false
            }
            if isRaised { continuation.resume() }
        }
    }
}
