import Expressions
import Synchronization

/// Totals of lists that were counted since the last commit, shared by all readers.
///
/// A count walks over an index, which takes milliseconds for a large collection, and most lists are asked for more often than anything is
/// written. Correct without knowing what a condition depends on: every commit, whatever it changed, makes all totals old.
final class Totals: Sendable {
    struct Key: Hashable {
        var plan: PlanKey
        var values: [Value]
    }

    /// Raised by the writer after a commit and before anybody is told of it.
    private let commits = Atomic<Int>(0)
    private let totals = Mutex(BoundedCache<Key, (commit: Int, total: Int)>(capacity: 512))

    func noteCommit() { commits.add(1, ordering: .releasing) }

    /// To be read before the snapshot is opened: what is counted then holds at least that commit.
    var commit: Int { commits.load(ordering: .acquiring) }

    func total(_ key: Key, since commit: Int) -> Int? {
        totals.withLock { totals in
            guard let known = totals[key], known.commit == commit else { return nil }
            return known.total
        }
    }

    func keep(_ total: Int, for key: Key, since commit: Int) {
        totals.withLock { $0[key] = (commit, total) }
    }
}
