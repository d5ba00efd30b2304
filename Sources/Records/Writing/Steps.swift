package import Expressions
package import Ports
package import Schema

/// Transitions and actions: named steps that set fields, from a body of their own.
extension RecordWriter {
    /// Fires a transition of the record's state machine. Its `allow` is asked of the row before, checks of the row after (11-precisions 53).
    package func fire(
        _ transition: Transition, of collection: Collection, _ key: RecordKey, input: [Int: Value], version: Int64? = nil,
        adding values: [Int: Value] = [:]
    ) throws -> Row {
        guard let state = collection.state else { throw RecordError.notFound }
        let old = try readable(collection, key)
        try checkReferences(in: input, of: transition.input, for: collection)
        if transition.isForJobs, !caller.isSystem { throw caller.refusal("only the job of this record does this") }
        try admit(transition.allow, to: transition.name, on: old, "you may not do this")
        try match(version, old)
        guard case .text(let current) = old.values[state.index], transition.from.contains(current) else {
            let from = transition.from.map { "'\($0)'" }.joined(separator: " or ")
            throw RecordError.invalidTransition("'\(transition.name)' starts from \(from), and this is not there")
        }
        var row = old
        row.values[state.index] = .text(transition.to)
        let scope = scope(input, of: transition.input)
        for (index, value) in values { row.values[index] = value }
        try apply(transition.sets, to: &row, old: old, in: collection, scope: scope)
        try cancelJobs(of: row, in: collection)
        try save(
            &row, old: old, in: collection, checks: collection.behaviour.checks + transition.checks, scope: scope, event: transition.name)
        try runEffects(of: transition.name, in: collection, new: row, old: old)
        return row
    }

    /// Does a named operation that is no transition. Of one that starts work the id of its job is given too; work that has no place in the
    /// record's state is refused.
    package func perform(
        _ action: Action, of collection: Collection, _ key: RecordKey, input: [Int: Value], version: Int64? = nil
    ) throws -> (row: Row, job: String?) {
        let old = try readable(collection, key)
        try checkReferences(in: input, of: action.input, for: collection)
        try admit(action.allow, to: action.name, on: old, "you may not do this")
        try match(version, old)
        var row = old
        let scope = scope(input, of: action.input)
        try apply(action.sets, to: &row, old: old, in: collection, scope: scope)
        try save(&row, old: old, in: collection, checks: collection.behaviour.checks + action.checks, scope: scope, event: action.name)
        let job = try action.work.map { try start($0, on: row, in: collection) }
        try runEffects(of: action.name, in: collection, new: row, old: old)
        return (row, job)
    }

    // MARK: Parts

    /// What a body with a state is told (11-precisions 17): the routes that lead on from where the record is.
    static func refusal(ofStateFor row: Row, in collection: Collection) -> RecordError {
        guard let state = collection.state, case .text(let current) = row.values[state.index] else {
            return .invalidTransition("a state changes by its transitions alone")
        }
        let path = "/api/v1/" + collection.path.joined(separator: "/")
        let routes = collection.behaviour.transitions.filter { $0.allow != nil && $0.from.contains(current) }.map {
            "POST \(path)/{id}/\($0.name)"
        }
        let means =
            routes.isEmpty ? "none that clients fire starts from '\(current)'" : "from '\(current)' by \(routes.joined(separator: ", "))"
        return .invalidTransition("'\(state.name)' changes by its transitions alone: \(means)")
    }

    private func start(_ work: Work, on row: Row, in collection: Collection) throws -> String {
        if work.kind == .job, let plan = schema.jobs[work.name], plan.collection === collection, let state = collection.state,
            case .text(let name) = row.values[state.index], !plan.holds(in: name)
        {
            throw RecordError.invalidTransition("'\(work.name)' has no place where this is '\(name)'")
        }
        return try enqueue(work, on: row)
    }

    /// The surroundings with `input.<name>`.
    private func scope(_ input: [Int: Value], of fields: [Field]) -> Environment {
        var scope = environment
        for field in fields { scope.input[field.name] = input[field.index] ?? .null }
        return scope
    }

    /// All of them see the row as it was before the first of them, apart from the state.
    func apply(_ settings: [FieldSetting], to row: inout Row, old: Row, in collection: Collection, scope: Environment) throws {
        let before = row
        for setting in settings {
            row.values[setting.field] =
                switch setting.source {
                case .value(let value): value
                case .expression(let expression): try expression.evaluate(in: scope, row: before, old: old, rows: transaction)
                }
            // What was kept with the former members does not belong to the new ones.
            if collection.fields[setting.field].isToMany { row.payloads[setting.field] = nil }
        }
    }

    /// What a body may refer to is the same for inputs as for fields; every fault at once.
    private func checkReferences(in input: [Int: Value], of fields: [Field], for collection: Collection) throws {
        if caller.isSystem { return }
        var faults: [FieldFault] = []
        for field in fields where !field.targets.isEmpty {
            switch input[field.index] ?? .null {
            case .null: continue
            case .list(let references):
                for (position, reference) in references.enumerated() where try !mayRefer(field, of: collection, to: reference) {
                    faults.append(Self.unknownReference("\(field.name)[\(position)]", field))
                }
            case let reference:
                if try !mayRefer(field, of: collection, to: reference) { faults.append(Self.unknownReference(field.name, field)) }
            }
        }
        if !faults.isEmpty { throw RecordError.invalid(faults) }
    }

    /// A stamp; for a unique field drawn again while another record has the same (11-precisions 15).
    func drawn(_ stamp: Expression, for field: Field, of row: Row, in collection: Collection) throws -> Value {
        var value = try stamp.evaluate(in: environment, row: row, rows: transaction)
        guard collection.uniqueKeys.contains(where: { $0.fields == [field.index] && $0.condition == nil }) else { return value }
        let access = Access(collection, environment: environment)
        var taken: Value?
        for _ in 0..<Self.draws where !value.isNull {
            // The same value twice in a row is looked up once.
            if value != taken, try transaction.row(access, key: .field(field.index, value)) == nil { break }
            taken = value
            value = try stamp.evaluate(in: environment, row: row, rows: transaction)
        }
        return value
    }

    private static let draws = 64
}
