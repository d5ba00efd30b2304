internal import Config
internal import Expressions

/// `[realtime]`: what streams are told of, each event under the rules `read` and `list` of its collection.
package struct Realtime: Sendable {
    /// In the order of the file.
    package var collections: [Collection]
    /// Whether what becomes of a job is told to who has started it.
    package var tellsJobs: Bool
    private let names: Set<String>
    /// What a deletion leaves in the log, by name of the collection: the fields that those rules ask for.
    private let remains: [String: [Field]]

    package static let jobs = "jobs"

    init(collections: [Collection], tellsJobs: Bool) {
        self.collections = collections
        self.tellsJobs = tellsJobs
        names = Set(collections.map(\.name))
        remains = Dictionary(
            collections.map { collection in
                // The id stands in the event itself.
                let used = collection.behaviour.usedInListing.subtracting([Row.System.id])
                return (collection.name, used.sorted().map { collection.fields[$0] })
            }, uniquingKeysWith: { first, _ in first })
    }

    package func tells(of collection: String) -> Bool { names.contains(collection) }

    package func remains(of collection: String) -> [Field] { remains[collection] ?? [] }
}

extension SchemaCompiler {
    /// Nil where nothing is told.
    mutating func realtime(among collections: [Collection]) -> Realtime? {
        let named = configuration.realtime.collections
        guard !named.isEmpty else { return nil }
        var told: [Collection] = []
        for name in named where name.value != Realtime.jobs {
            guard let collection = collections.first(where: { $0.name == name.value }) else {
                if doubtful.contains(name.value) { continue }
                faults.append(
                    Fault("nothing is told of '\(name.value)' as it happens", at: name.at, length: name.value.unicodeScalars.count))
                continue
            }
            told.append(collection)
        }
        return Realtime(collections: told, tellsJobs: named.contains { $0.value == Realtime.jobs })
    }
}
