package import Schema
internal import Synchronization

/// How often records were read since their counters were last written. In memory alone: a crash loses what is not written yet, and no read
/// ever writes. Outlives a reload.
package final class ReadCounts: Sendable {
    private struct Counts {
        var byID: [String: Int64] = [:]
        /// When the oldest of them was counted, in milliseconds since 1970.
        var since: Int64 = 0
    }

    /// By name of the collection.
    private let counts = Mutex<[String: Counts]>([:])

    package init() {}

    package func note(_ id: String, in collection: Collection, now: Int64) {
        add(1, to: id, in: collection.name, now: now)
    }

    private func add(_ number: Int64, to id: String, in collection: String, now: Int64) {
        counts.withLock { counts in
            if counts[collection] == nil { counts[collection] = Counts(since: now) }
            counts[collection]?.byID[id, default: 0] += number
        }
    }

    /// Takes out the counts of a collection if the oldest is that old (milliseconds); nil where there is nothing to write.
    func take(_ collection: Collection, olderThan age: Int64, now: Int64) -> [String: Int64]? {
        counts.withLock { counts in
            guard let pending = counts[collection.name], now - pending.since >= age else { return nil }
            counts[collection.name] = nil
            return pending.byID
        }
    }

    /// What could not be written counts on.
    func putBack(_ taken: [String: Int64], in collection: Collection, now: Int64) {
        for (id, number) in taken { add(number, to: id, in: collection.name, now: now) }
    }
}
