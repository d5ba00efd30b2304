internal import Config
internal import JSON
package import Logging
internal import NIOCore
internal import NIOPosix
internal import Ports
internal import Records
internal import Schema

/// `atlas rebuild`: makes what is derived anew from what it is derived of, and tells what was not true. Through the running server if there
/// is one, else on the data directory itself.
package struct Rebuilding: Sendable {
    package struct Refused: Error, CustomStringConvertible {
        package var description: String
    }

    /// Records that are looked at in one transaction; other writes come between.
    private static let batch = 100

    private let records: Records
    private let loop: any EventLoop

    init(records: Records, loop: any EventLoop) {
        self.records = records
        self.loop = loop
    }

    /// How many records had another value, by `collection.field`. Without a name all collections are looked at.
    package static func run(_ name: String?, site: Site, log: Logger) async throws -> [String: Int] {
        let socket = site.configuration.app.dataDirectory + "/control.sock"
        let command: JSONValue = ["command": "rebuild", "collection": name.map { .string($0) } ?? .null]
        if let answer = ControlClient.send(command, to: socket) {
            guard case .object(let changed)? = answer["changed"] else {
                throw Refused(description: answer["error"]?.string ?? "the server refused")
            }
            return Dictionary(changed.map { ($0.name, Int($0.value.integer ?? 0)) }) { first, _ in first }
        }
        let backend = try Backend(site, group: MultiThreadedEventLoopGroup(numberOfThreads: 1), log: log)
        do {
            _ = try await Migrating(store: backend.store, site: site, clock: backend.clock).run()
            let application = try Application(site, backend)
            let changed = try await Rebuilding(records: application.records, loop: backend.group.next()).run(name)
            await backend.close()
            return changed
        } catch {
            await backend.close()
            throw error
        }
    }

    /// The same for the control socket.
    func answer(_ command: JSONValue) async -> JSONValue {
        do {
            let changed = try await run(command["collection"]?.string)
            let members = changed.sorted { $0.key < $1.key }.map { JSONMember(name: $0.key, value: .integer(Int64($0.value))) }
            return ["changed": .object(members)]
        } catch {
            return ["error": .string("\(error)")]
        }
    }

    private func run(_ name: String?) async throws -> [String: Int] {
        var collections = records.schema.collections.filter { !$0.behaviour.computation.isEmpty }
        if let name {
            guard let collection = records.schema.collection(name) else { throw Refused(description: "there is no collection '\(name)'") }
            collections = withParents(collection)
        }
        var changed: [String: Int] = [:]
        // Children before their parents, so that most parents are looked at once.
        collections.sort { $0.behaviour.computation.rank < $1.behaviour.computation.rank }
        for (index, collection) in collections.enumerated() {
            let later = Set(collections[(index + 1)...].map(\.name))
            var place: Int64 = 0
            while true {
                let (next, found) = try await look(collection, after: place, later: later)
                guard next > place else { break }
                place = next
                changed.merge(found, uniquingKeysWith: +)
            }
        }
        return changed
    }

    /// A collection with those whose computed values are made of its own, and so on: they are walked over once instead of with every record.
    private func withParents(_ collection: Collection) -> [Collection] {
        var found = [collection]
        var index = 0
        while index < found.count {
            for rollUp in found[index].behaviour.rollUps where !found.contains(where: { $0.name == rollUp.parent }) {
                if let parent = records.schema.collection(rollUp.parent) { found.append(parent) }
            }
            index += 1
        }
        return found
    }

    private func look(
        _ collection: Collection, after place: Int64, later: Set<String>
    ) async throws -> (next: Int64, changed: [String: Int]) {
        try await records.write(for: .system(now: records.clock.now()), on: loop) { writer, transaction in
            let (ids, last) = try transaction.walk.ids(in: collection, after: place, limit: Self.batch)
            var changed: [String: Int] = [:]
            for id in ids {
                // A sum that was wrong has mostly made what it is kept for wrong; alone it stands under its own name.
                let fields = try writer.recount(collection, id: id, later: later).map { collection.fields[$0] }
                for field in fields where !field.isKeptSum || fields.allSatisfy(\.isKeptSum) {
                    changed["\(collection.name).\(field.name)", default: 0] += 1
                }
            }
            return (last, changed)
        }.get()
    }
}
