internal import Synchronization

/// A place for one listener that is known only after what calls it was built. Until then calls are left out.
///
/// The closure lies in a struct: a `Mutex` of the bare closure adds a reabstraction thunk at each reading, and a call walks them all.
package final class Callback<Argument: Sendable>: Sendable {
    private struct Listener: Sendable {
        let call: @Sendable (Argument) -> Void
    }

    private let listener = Mutex<Listener?>(nil)

    package init() {}

    package func set(_ call: @escaping @Sendable (Argument) -> Void) {
        listener.withLock { $0 = Listener(call: call) }
    }

    package func callAsFunction(_ argument: Argument) {
        listener.withLock { $0 }?.call(argument)
    }
}
