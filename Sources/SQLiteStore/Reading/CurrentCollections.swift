import Schema
import Synchronization

/// The collections of the file now served, for readers, which outlive it: a rule that follows a reference must find the row as its own file has it.
final class CurrentCollections: Sendable {
    private let state: Mutex<[String: Collection]>

    init(_ byName: [String: Collection]) {
        state = Mutex(byName)
    }

    var byName: [String: Collection] { state.withLock { $0 } }

    func replace(_ byName: [String: Collection]) { state.withLock { $0 = byName } }
}
