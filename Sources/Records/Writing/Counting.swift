internal import Expressions
package import NIOCore
internal import Ports
package import Schema

/// Counters: reads are counted in memory and written now and then.
extension Records {
    /// A successful GET of the record (11-precisions 26).
    package func countRead(of collection: Collection, id: String?) {
        guard let id else { return }
        readCounts.note(id, in: collection, now: clock.now())
    }

    /// How many milliseconds may pass between two calls of `writeCounts`; nil: nothing is counted.
    package var countingInterval: Int64? { schema.collections.filter { !$0.counters.isEmpty }.map(\.counterFlush).min() }

    /// Writes the counts that are due by their `flush`, or all. What fails is tried again with the next.
    package func writeCounts(all: Bool, on loop: any EventLoop) async throws {
        let interval = countingInterval ?? 0
        for collection in schema.collections where !collection.counters.isEmpty {
            let now = clock.now()
            // What the next call would write too late is due.
            let age = all ? .min : collection.counterFlush - interval
            guard let taken = readCounts.take(collection, olderThan: age, now: now) else { continue }
            var rest = Array(taken)[...]
            while !rest.isEmpty {
                let part = Dictionary(uniqueKeysWithValues: Array(rest.prefix(Self.countsPerWrite)))
                do {
                    try await write(for: .system(now: now), on: loop) { writer, _ in
                        for (id, number) in part { try writer.count(number, readsOf: id, in: collection) }
                    }.get()
                } catch {
                    readCounts.putBack(Dictionary(uniqueKeysWithValues: Array(rest)), in: collection, now: now)
                    throw error
                }
                rest = rest.dropFirst(Self.countsPerWrite)
            }
        }
    }

    /// Records in one transaction.
    private static let countsPerWrite = 500
}

extension RecordWriter {
    /// Adds to the counters of a record, without a new version: nobody edited it.
    func count(_ number: Int64, readsOf id: String, in collection: Collection) throws {
        guard let before = try current(collection, id) else { return }
        var after = before
        for index in collection.counters {
            guard case .int(let count) = before.values[index] else { continue }
            after.values[index] = .int(count &+ number)
        }
        let recomputed = try recompute(&after, in: collection, changed: Set(collection.counters))
        try transaction.update(after, in: collection, changed: collection.counters + recomputed)
        note(.updated, after)
        try rollUp(from: before, to: after, in: collection)
    }
}
