internal import Expressions
internal import Ports
internal import Schema

/// What follows from an event, by the system, in the same transaction.
extension RecordWriter {
    /// How many effects may follow from one another; loops are found at load, this bounds what data make.
    static let effectDepth = 8

    /// Runs the handlers of the event: `publish` of a post. Roll-ups are up to date by then (11-precisions 31).
    func runEffects(of event: String, in collection: Collection, new: Row, old: Row?) throws {
        guard !schema.handlers.isEmpty else { return }
        try runHandlers(of: "\(collection.name).\(event)", new: new, old: old)
    }

    /// The same by the whole name of the event: `auth.login`, whose `new` is the user, where there is one.
    func runHandlers(of event: String, new: Row?, old: Row?) throws {
        guard let handlers = schema.handlers[event] else { return }
        guard depth < Self.effectDepth else {
            throw RecordError.checkFailed(status: 409, message: "more than \(Self.effectDepth) effects follow from one another")
        }
        var scope = environment
        // In the effects of a tenant's event `all.x` means that tenant's rows (11-precisions 4).
        if let new, let index = schema.collection(new.collection)?.shape.anyTenant, case .text(let id) = new.values[index],
            let tenants = schema.tenancy?.tenants
        {
            scope.tenant = try transaction.row(in: tenants.name, id: id)
        }
        scope.new = new
        scope.old = old
        for handler in handlers {
            if let when = handler.when, try !when.isTrue(in: scope, rows: transaction) { continue }
            for effect in handler.effects { try run(effect, in: scope) }
        }
    }

    /// What a schedule says; there is no record.
    func run(_ schedule: Schedule) throws {
        for effect in schedule.effects { try run(effect, in: environment) }
    }

    private func run(_ effect: Effect, in scope: Environment) throws {
        let system = following(in: scope)
        switch effect {
        case .update(let update):
            try forEach(update.rows, in: scope) { row in
                guard let settings = update.settings[row.collection], let collection = schema.collection(row.collection) else { return }
                let values = try self.values(of: settings, for: row, in: scope)
                try system.apply(values, to: row, in: collection)
            }
        case .insert(let insertion):
            guard let collection = schema.collection(insertion.collection) else { return }
            func insert(for row: Row?) throws {
                let settings = insertion.settings[row?.collection ?? ""] ?? []
                let values = try self.values(of: settings, for: row, in: scope)
                _ = try system.create(collection, Draft(), adding: values, asksRule: false)
            }
            if let each = insertion.each { try forEach(each, in: scope, insert) } else { try insert(for: nil) }
        case .work(let start):
            if let each = start.each {
                try forEach(each, in: scope) { _ = try enqueue(start.work, on: $0) }
            } else {
                _ = try enqueue(start.work, on: scope.new)
            }
        case .notify(let sending): try send(sending, in: scope)
        case .deliver(let call): try deliver(call, in: scope)
        }
        take(changesOf: system)
    }

    /// Who does what follows: the system, yet `me` is still the one who caused it.
    func following(in scope: Environment) -> RecordWriter {
        RecordWriter(
            schema: schema, transaction: transaction, caller: Caller(environment: scope, isSystem: true, requestID: caller.requestID),
            random: random, newID: newID, seal: seal, admitsAddress: admitsAddress, depth: depth + 1)
    }

    func take(changesOf writer: RecordWriter) {
        for change in writer.changes { note(change) }
    }

    /// Each of the rows as it is when its turn comes, in the order of their creation.
    func forEach(_ rows: RowSelection, in scope: Environment, _ body: (Row) throws -> Void) throws {
        let references = try rows.references(in: scope, rows: transaction)
        if references.count > RowSelection.most {
            throw RecordError.checkFailed(
                status: 409, message: "what follows from this would touch more than \(RowSelection.most) records at once")
        }
        for reference in references {
            if let row = try transaction.row(in: reference.collection, id: reference.id) { try body(row) }
        }
    }

    private func values(of settings: [FieldSetting], for row: Row?, in scope: Environment) throws -> [Int: Value] {
        var values: [Int: Value] = [:]
        for setting in settings {
            switch setting.source {
            case .value(let value): values[setting.field] = value
            case .expression(let expression): values[setting.field] = try expression.evaluate(in: scope, row: row, rows: transaction)
            }
        }
        return values
    }

    /// Changes a row as the system does. A state changes by the transition that leads there from where it is.
    private func apply(_ values: [Int: Value], to row: Row, in collection: Collection) throws {
        var values = values
        if let state = collection.state, let wanted = values.removeValue(forKey: state.index), wanted != row.values[state.index] {
            let transition = collection.behaviour.transitions.first {
                .text($0.to) == wanted && $0.from.contains { .text($0) == row.values[state.index] }
            }
            guard let transition else {
                throw RecordError.invalidTransition("no transition of '\(collection.name)' leads to the state that an effect sets")
            }
            _ = try fire(transition, of: collection, .id(row.id), input: [:])
        }
        if !values.isEmpty { _ = try set(values, of: collection, id: row.id) }
    }
}
