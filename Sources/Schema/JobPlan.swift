internal import Config
package import Expressions

/// `[jobs.<name>]`, compiled: what a service does with a record, and what becomes of the record meanwhile (11-precisions 32).
package struct JobPlan: Sendable {
    package var work: Work
    /// Nil: it works on no record.
    package var collection: Collection?
    /// Where files are, which a service is sent whole.
    package var media: Collection?
    /// Transitions that it fires.
    package var start: Transition?
    package var done: Transition?
    package var failed: Transition?
    /// An int field that it keeps, 0 to 100.
    package var progress: Int?
    /// A text field of that name is told why the job failed.
    package var error: Int?
    /// What is written with `done`; `out` is what the service answered.
    package var settings: [FieldSetting] = []
    /// Milliseconds of one try; nil: the queue's.
    package var timeout: Int64?
    /// What is handed to the service besides what the file says literally: headers and members of the body, by their names.
    package var headers: [String: Expression] = [:]
    package var members: [String: Expression] = [:]

    /// In which states the job has a place: it waits, or has begun.
    package func holds(in state: String) -> Bool {
        guard let start else { return true }
        return start.from.contains(state) || start.to == state
    }
}

extension SchemaCompiler {
    /// By name.
    mutating func jobPlans(for collections: [Collection]) -> [String: JobPlan] {
        var plans: [String: JobPlan] = [:]
        for declared in configuration.jobs {
            let collection = declared.record.flatMap { record in collections.first { $0.name == record.value } }
            var plan = JobPlan(
                work: configuration.work(.job, declared.name, queue: declared.queue?.value ?? "default"), collection: collection)
            plan.media = collections.first { $0.name == BuiltIns.media }
            func transition(_ name: Located<String>?) -> Transition? {
                name.flatMap { name in collection?.behaviour.transitions.first { $0.name == name.value } }
            }
            plan.start = transition(declared.states.start)
            plan.done = transition(declared.states.done)
            plan.failed = transition(declared.states.failed)
            plan.timeout = declared.timeout
            plan.progress = declared.progress.flatMap { name in collection?.field(name.value)?.index }
            plan.error = collection?.field("error").flatMap { [.string, .text].contains($0.kind) ? $0.index : nil }
            let scope = Scope(collection: collection?.name, hasOld: true, hasNew: true, hasCaller: false)
            if let collection {
                var answered = scope
                answered.hasOut = true
                plan.settings = settings(declared.set, fields: collection.fields, in: answered)
            }
            if case .http(let http) = declared.handler {
                for case (let name, .value(.expression(let source))) in http.headers {
                    plan.headers[name] = expression(source, in: scope, as: .anything)
                }
                plan.members = members(of: http, in: scope)
            }
            plans[declared.name] = plan
        }
        return plans
    }

    private mutating func members(of http: HTTPHandler, in scope: Scope) -> [String: Expression] {
        let assignments: [Assignment] =
            switch http.body {
            case .none: []
            case .json(let members), .multipart(let members): members
            }
        var found: [String: Expression] = [:]
        for assignment in assignments {
            guard case .expression(let source) = assignment.source else { continue }
            found[assignment.field.value] = expression(source, in: scope, as: .anything)
        }
        return found
    }
}
