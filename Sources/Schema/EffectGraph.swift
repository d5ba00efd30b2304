internal import Config
internal import Expressions

/// Which events follow from which, to find effects that would go on for ever.
struct EffectGraph {
    private struct Edge {
        var to: String
        var at: Location
    }
    private var edges: [String: [Edge]] = [:]

    /// A field that an effect sets makes its record's `updated`, a state the transitions that lead there; a job fires its own.
    mutating func add(_ effect: Effect, after event: Located<String>, collections: [Collection], jobs: [JobDeclaration]) {
        var following: [String] = []
        switch effect {
        case .insert(let insertion): following = ["\(insertion.collection).created"]
        case .update(let update):
            for (name, settings) in update.settings {
                guard let collection = collections.first(where: { $0.name == name }) else { continue }
                following += Self.events(of: settings, in: collection)
            }
        case .work(let start):
            guard start.work.kind == .job, let job = jobs.first(where: { $0.name == start.work.name }), let record = job.record else {
                break
            }
            let fired = [job.states.start, job.states.done, job.states.failed].compactMap { $0?.value }
            following = fired.map { "\(record.value).\($0)" }
        case .notify, .deliver: break
        }
        for next in following { edges[event.value, default: []].append(Edge(to: next, at: event.at)) }
    }

    /// What happens to a record when these are set.
    static func events(of settings: [FieldSetting], in collection: Collection) -> [String] {
        var events: [String] = []
        for setting in settings {
            guard setting.field == collection.state?.index else {
                if !events.contains("\(collection.name).updated") { events.append("\(collection.name).updated") }
                continue
            }
            let transitions = collection.behaviour.transitions.filter { transition in
                if case .value(.text(let state)) = setting.source { transition.to == state } else { true }
            }
            events += transitions.map { "\(collection.name).\($0.name)" }
        }
        return events
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
