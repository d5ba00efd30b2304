internal import Expressions
internal import Ports
internal import Schema

/// What follows from an event, by the system, in the same transaction.
extension RecordWriter {
    /// How many effects may follow from one another; loops are found at load, this bounds what data make.
    static let effectDepth = 8

    /// Runs the handlers of the event: `publish` of a post. Roll-ups are up to date by then (11-precisions 31).
    func runEffects(of event: String, in collection: Collection, new: Row, old: Row?) throws {
        guard !schema.handlers.isEmpty, let handlers = schema.handlers["\(collection.name).\(event)"] else { return }
        guard depth < Self.effectDepth else {
            throw RecordError.checkFailed(status: 409, message: "more than \(Self.effectDepth) effects follow from one another")
        }
        var scope = environment
        // In the effects of a tenant's event `all.x` means that tenant's rows (11-precisions 4).
        if let index = collection.shape.tenant, case .text(let id) = new.values[index], let tenants = schema.tenancy?.tenants {
            scope.tenant = try transaction.row(in: tenants.name, id: id)
        }
        scope.new = new
        scope.old = old
        for handler in handlers {
            if let when = handler.when, try !when.isTrue(in: scope, rows: transaction) { continue }
            for effect in handler.effects { try run(effect, in: scope) }
        }
    }

    private func run(_ effect: Effect, in scope: Environment) throws {
        // The system acts, yet `me` is still the one who caused it.
        let system = RecordWriter(
            schema: schema, transaction: transaction, caller: Caller(environment: scope, isSystem: true), random: random, newID: newID,
            seal: seal, depth: depth + 1)
        switch effect {
        case .update(let update):
            for row in try rows(of: update.rows, in: scope) {
                guard let settings = update.settings[row.collection], let collection = schema.collection(row.collection) else { continue }
                let values = try self.values(of: settings, for: row, in: scope)
                try system.apply(values, to: row, in: collection)
            }
        case .insert(let insertion):
            guard let collection = schema.collection(insertion.collection) else { return }
            let origins: [Row?] = try insertion.each.map { try rows(of: $0, in: scope) } ?? [nil]
            for row in origins {
                let settings = insertion.settings[row?.collection ?? ""] ?? []
                let values = try self.values(of: settings, for: row, in: scope)
                _ = try system.create(collection, Draft(), adding: values, asksRule: false)
            }
        }
        for change in system.changes { note(change) }
    }

    /// The live rows that a reference, or a list of references, leads to.
    private func rows(of expression: Expression, in scope: Environment) throws -> [Row] {
        let value = try expression.evaluate(in: scope, rows: transaction)
        let references: [Value] = if case .list(let items) = value { items } else { [value] }
        let collections = expression.type.collections
        return try references.compactMap { reference in
            guard case .text(let text) = reference else { return nil }
            let union = collections.count > 1 ? UnionReference(text) : nil
            guard let name = union?.collection ?? collections.first else { return nil }
            return try transaction.row(in: name, id: union?.id ?? text)
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
