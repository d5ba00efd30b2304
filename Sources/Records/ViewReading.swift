package import Expressions
internal import JSON
package import NIOCore
internal import Ports
package import Schema

/// Views: questions with paths of their own. What they return or count obeys the caller's read rule (11-precisions 5).
extension Records {
    /// Rows of a view that says no limit.
    private static let rowLimit = 100

    /// Appends the answer as JSON to `buffer`. `input` holds a value, perhaps null, for every field of the view's input.
    package func view(
        _ view: View, input: [String: Value], for caller: Caller, into buffer: ByteBuffer, on loop: any EventLoop
    ) -> EventLoopFuture<ByteBuffer> {
        var caller = caller
        caller.environment.input = input
        let asking = caller
        return store.snapshot(on: loop) { [self] snapshot in
            var environment = asking.environment
            if !asking.isSystem {
                guard let allow = view.allow, try allow.expression.isTrue(in: environment, rows: snapshot) else {
                    throw asking.refusal(by: view.allow, in: schema, "you may not ask this")
                }
            }
            for check in view.checks where try !check.rule.isTrue(in: environment, rows: snapshot) {
                throw RecordError.checkFailed(status: check.status, message: check.message)
            }
            var buffer = buffer
            switch view.content {
            case .rows(let rows):
                if let given = rows.given { environment.given = try self.given(given, asking, snapshot) }
                var placed = asking
                placed.environment = environment
                return try write(rows, placed, snapshot, into: buffer)
            case .figures(let figures):
                var members: [JSONMember] = []
                for figure in figures { members.append(JSONMember(name: figure.name, value: try self.value(of: figure, asking, snapshot))) }
                buffer.writeJSON(.object(members))
                return buffer
            }
        }
    }

    /// The record that the view is about, as long as the caller may read it.
    private func given(_ expression: Expression, _ caller: Caller, _ snapshot: any Snapshot) throws -> Row {
        guard case .text(let id) = try expression.evaluate(in: caller.environment, rows: snapshot),
            let collection = expression.type.collections.first.flatMap({ schema.collection($0) }),
            let row = try snapshot.row(access(to: collection, for: caller), key: .id(id))
        else { throw RecordError.notFound }
        return row
    }

    private func write(_ rows: View.Rows, _ caller: Caller, _ snapshot: any Snapshot, into buffer: ByteBuffer) throws -> ByteBuffer {
        var buffer = buffer
        let collection = rows.collection
        guard let access = try listed(collection, for: caller) else {
            buffer.writeStaticString("[]")
            return buffer
        }
        var expansions: Expansions?
        if let paths = rows.expanded {
            expansions = Expansions()
            for path in paths { expansions?.add(path.split(separator: ".").map(String.init)[...]) }
        }
        var list = RecordList(
            access: access, limit: rows.limit ?? Self.rowLimit,
            projection: projections.custom(collection, fields: nil, expanded: expansions, for: caller))
        if let condition = rows.condition { list.access.conditions.append(condition) }
        list.order = rows.order.map { RecordList.Order(.value($0.value), descending: $0.descending) }
        if list.order.isEmpty {
            list.order = collection.behaviour.order.map { RecordList.Order(field: collection.fields[$0.field], descending: $0.descending) }
        }
        _ = try snapshot.list(list, into: &buffer)
        return buffer
    }

    /// What lists show him; nil: nothing.
    func listed(_ collection: Collection, for caller: Caller) throws -> Access? {
        try readable(collection, listed: true, for: caller)
    }

    private func readable(_ collection: Collection, listed: Bool, for caller: Caller) throws -> Access? {
        do {
            return try access(to: collection, for: caller, listed: listed)
        } catch {
            switch error {
            case .tenantRequired, .tenantInactive: throw error
            default: return nil
            }
        }
    }

    // MARK: Figures

    private func value(of figure: Figure, _ caller: Caller, _ snapshot: any Snapshot) throws -> JSONValue {
        var groups: [FigureGroup] = []
        var previous: Value?
        if var access = try readable(figure.collection, listed: false, for: caller) {
            if let condition = figure.condition { access.conditions.append(condition) }
            var question = FigureQuestion(access: access, aggregate: figure.aggregate, field: figure.field, keys: figure.keys)
            groups = try snapshot.groups(question)
            if let growth = figure.growth, figure.keys.isEmpty {
                question.createdBefore = caller.environment.now - growth
                previous = try snapshot.groups(question).first?.value
            }
        }
        let nothing: Value = [.count, .sum].contains(figure.aggregate) ? figure.zero : .null
        let form = figure.field ?? figure.collection.fields[Row.System.version]
        guard !figure.keys.isEmpty else {
            var members = [JSONMember(name: "value", value: form.json(groups.first?.value ?? nothing))]
            if figure.growth != nil { members.append(JSONMember(name: "previous", value: form.json(previous ?? nothing))) }
            return .object(members)
        }
        groups = try figure.filled(groups, with: nothing, caller.environment, snapshot)
        groups.sort { figure.isOrdered($0, $1) }
        return .array(
            groups.prefix(figure.limit ?? groups.count).map { group in
                let keys = group.keys.map { form.json($0) }
                return ["key": keys.count == 1 ? keys[0] : .array(keys), "value": form.json(group.value)]
            })
    }
}

extension Figure {
    /// What no records come to.
    fileprivate var zero: Value {
        switch (aggregate, field?.model.type) {
        case (.count, _), (_, nil): .int(0)
        case (_, .float): .float(0)
        case (_, .decimal(let scale)): .decimal(Decimal(units: 0, scale: scale))
        case (_, .duration): .duration(0)
        default: .int(0)
        }
    }

    /// With the days, months or years between the ends that have no records: between those that the condition names, else between those there are.
    fileprivate func filled(
        _ groups: [FigureGroup], with nothing: Value, _ environment: Environment, _ snapshot: any Snapshot
    ) throws -> [FigureGroup] {
        guard let key = keys.first?.expression, key.bucket(of: 0) != nil else { return groups }
        func moment(_ end: Expression?) throws -> Int64? {
            if case .moment(let moment) = try end?.evaluate(in: environment, rows: snapshot) { key.bucket(of: moment) } else { nil }
        }
        let present = groups.compactMap { if case .moment(let moment)? = $0.keys.first { moment } else { nil } }
        let lower = try moment(bounds.lower)
        var upper = try moment(bounds.upper)
        if lower != nil, upper == nil { upper = key.bucket(of: environment.now) }
        guard let first = [lower, present.min()].compactMap({ $0 }).min(), let last = [upper, present.max()].compactMap({ $0 }).max()
        else { return groups }
        var filled = groups
        // Beside other keys each of their values has all buckets.
        for others in Set(groups.map { Array($0.keys.dropFirst()) }).union(keys.count == 1 ? [[]] : []) {
            var missing = Set(groups.filter { Array($0.keys.dropFirst()) == others }.compactMap(\.keys.first))
            var bucket: Int64? = first
            while let start = bucket, start <= last, filled.count < FigureQuestion.mostGroups {
                if missing.remove(.moment(start)) == nil { filled.append(FigureGroup(keys: [.moment(start)] + others, value: nothing)) }
                bucket = key.bucket(after: start)
            }
        }
        return filled
    }

    /// By value or by key, ties by key; null comes first.
    fileprivate func isOrdered(_ one: FigureGroup, _ other: FigureGroup) -> Bool {
        if sortsByValue, one.value != other.value {
            return descending ? other.value.precedes(one.value) : one.value.precedes(other.value)
        }
        for (left, right) in zip(one.keys, other.keys) where left != right {
            return descending && !sortsByValue ? right.precedes(left) : left.precedes(right)
        }
        return false
    }
}

extension Value {
    fileprivate func precedes(_ other: Value) -> Bool {
        switch (self, other) {
        case (.null, _): other != .null
        case (_, .null): false
        case (.int(let left), .int(let right)), (.moment(let left), .moment(let right)), (.date(let left), .date(let right)),
            (.duration(let left), .duration(let right)):
            left < right
        case (.float(let left), .float(let right)): left < right
        case (.decimal(let left), .decimal(let right)): left < right
        case (.text(let left), .text(let right)): left.utf8.lexicographicallyPrecedes(right.utf8)
        case (.bool(let left), .bool(let right)): !left && right
        default: false
        }
    }
}
