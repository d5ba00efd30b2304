internal import Config

/// Which events follow from which, to find effects that would go on for ever.
struct EffectGraph {
    private struct Edge {
        var to: String
        var at: Location
    }
    private var edges: [String: [Edge]] = [:]

    /// A field that an effect sets makes its record's `updated`; a state set makes the transitions that lead there.
    mutating func add(_ effect: Effect, after event: Located<String>, collections: [Collection]) {
        var following: [String] = []
        switch effect {
        case .insert(let insertion): following = ["\(insertion.collection).created"]
        case .update(let update):
            for (name, settings) in update.settings {
                guard let collection = collections.first(where: { $0.name == name }) else { continue }
                let setsState = settings.contains { $0.field == collection.state?.index }
                following +=
                    setsState ? collection.behaviour.transitions.map { "\(name).\($0.name)" } : ["\(name).updated"]
            }
        }
        for next in following { edges[event.value, default: []].append(Edge(to: next, at: event.at)) }
    }

    /// The events of a loop, the first again at the end, and where the file names one of them.
    var loop: (events: [String], at: Location)? {
        for start in edges.keys.sorted() {
            var path: [String] = []
            var done: Set<String> = []
            if let found = walk(from: start, &path, &done) { return found }
        }
        return nil
    }

    private func walk(from event: String, _ path: inout [String], _ done: inout Set<String>) -> (events: [String], at: Location)? {
        path.append(event)
        defer { path.removeLast() }
        for edge in edges[event] ?? [] {
            if let start = path.firstIndex(of: edge.to) { return (Array(path[start...]) + [edge.to], edge.at) }
            guard done.insert(edge.to).inserted else { continue }
            if let found = walk(from: edge.to, &path, &done) { return found }
        }
        return nil
    }
}
