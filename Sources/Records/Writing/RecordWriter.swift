package import Expressions
package import Ports
package import Schema

/// The one write path: everything that changes a record goes through here, inside a transaction.
///
/// Order of a write (03-expressions 7): types (in `Draft`), stamp, default, transition, compute, checks, rule, roll-ups. One writer serves one
/// operation; `changes` tells afterwards what it did.
package final class RecordWriter {
    let schema: Schema
    package let transaction: any Transaction
    package let caller: Caller
    let newID: () -> String
    private var lastID = ""
    let random: any Random
    /// Nil: nothing here sends messages.
    let seal: Seal?
    /// Whether an address that comes from data may be dialled, as far as it says so itself.
    let admitsAddress: @Sendable (String) -> Bool
    /// How many effects led here.
    let depth: Int
    /// Every record written, in order; the last entry of a record is its final form.
    package private(set) var changes: [RecordChange] = []
    /// What the clock is firing.
    var firing: DueEntry?
    /// When the earliest transition that was written down here is due.
    package var earliestDue: Int64?

    package init(
        schema: Schema, transaction: any Transaction, caller: Caller, random: any Random, newID: @escaping () -> String, seal: Seal? = nil,
        admitsAddress: @escaping @Sendable (String) -> Bool = { _ in true }, depth: Int = 0
    ) {
        self.admitsAddress = admitsAddress
        self.seal = seal
        self.schema = schema
        self.transaction = transaction
        self.caller = caller
        self.newID = newID
        self.random = random
        self.depth = depth
    }

    var environment: Environment { caller.environment }
    /// When it is done, in milliseconds since 1970.
    package var now: Int64 { environment.now }
    /// On account of which request.
    package var request: RequestFacts { environment.request }

    // MARK: Operations

    /// Stores a new record. With `values` the system adds what no client may send; without `asksRule` something else than `allow.create` has
    /// admitted the caller (a sign-up, an upload), field rights holding all the same. What is `given` is there as it is: no check is made, and
    /// no effect follows.
    package func create(
        _ collection: Collection, _ draft: Draft, adding values: [Int: Value] = [:], asksRule: Bool = true, isGiven: Bool = false
    ) throws -> Row {
        if asksRule { try caller.demand("create", in: collection.name) }
        var row = newRow(of: collection)
        for (index, value) in draft.values { row.values[index] = value }
        for (index, value) in values { row.values[index] = value }
        if let index = collection.shape.anyTenant, row.values[index].isNull {
            row.values[index] = try tenantOfRequest(of: collection)
        }
        row.payloads = draft.payloads
        try checkReferences(draft.values.keys.sorted(), of: row, in: collection)
        try draw(&row, in: collection)
        try checkEndpoint(row, in: collection)
        let token = try prepareInvitation(&row, in: collection)
        try stamp(&row, in: collection, given: values)
        try checkFieldRights(draft, on: row, in: collection)
        try makeSlugs(&row, in: collection)
        try compute(&row, in: collection)
        if asksRule, !caller.isSystem {
            guard let rule = collection.behaviour.create, try holds(rule.expression, row) else {
                throw caller.refusal(by: collection.behaviour.create, in: schema, "you may not create this")
            }
        }
        if token != nil { try removeFormerInvitation(to: row) }
        row.number = try namingTakenKeys(of: row, in: collection) { try transaction.insert(row, into: collection) }
        note(.created, row)
        try createSingletons(of: row)
        try rollUp(from: nil, to: row, in: collection)
        row = try writeChildren(draft.children, of: row, in: collection)
        if isGiven { return row }
        // On the result: a limit on the number of records counts this one.
        try runChecks(collection.behaviour.checks.filter(\.onCreate), on: row, old: nil)
        try runEffects(of: "created", in: collection, new: row, old: nil)
        if let token { try sendInvitation(row, token: token) }
        return row
    }

    /// Whose a record is that does not say so itself; null where it may belong to none.
    private func tenantOfRequest(of collection: Collection) throws -> Value {
        guard let tenant = environment.tenant else {
            guard collection.shape.tenant == nil else { throw caller.withoutTenant(in: schema) }
            return .null
        }
        // To an anonymous caller a stand-in answers for what is no tenant, so that he cannot tell: nothing is kept for it.
        if caller.isAnonymous, try transaction.row(in: tenant.collection, id: tenant.id) == nil { throw RecordError.notFound }
        return .text(tenant.id)
    }

    /// Ids of one operation rise in the order of creation, also within a millisecond: nested rows keep the order in which they came.
    private func nextID() -> String {
        let id = newID()
        lastID = id > lastID ? id : UUIDv7.successor(of: lastID)
        return lastID
    }

    func newRow(of collection: Collection) -> Row {
        var row = Row(collection: collection.name, values: collection.fields.map(\.initial))
        row.values[Row.System.id] = .text(nextID())
        row.values[Row.System.version] = .int(1)
        row.values[Row.System.createdAt] = .moment(environment.now)
        row.values[Row.System.updatedAt] = .moment(environment.now)
        return row
    }

    /// Changes fields of the record. `version` is what `If-Match` asks for.
    package func update(_ collection: Collection, _ key: RecordKey, _ draft: Draft, version: Int64? = nil) throws -> Row {
        let old = try readable(collection, key)
        try caller.demand("update", in: collection.name)
        if draft.touchesState { throw Self.refusal(ofStateFor: old, in: collection) }
        // Fields with a rule of their own are changed by whom that admits, even where `update` admits only others (11-precisions 15).
        let asksRule =
            draft.values.isEmpty || !draft.children.isEmpty || draft.values.keys.contains { collection.fields[$0].write == nil }
        if asksRule { try admit(collection.behaviour.update, to: "update", on: old, "you may not change this") }
        try match(version, old)
        try checkFieldRights(draft, on: old, in: collection)
        var row = old
        for (index, value) in draft.values { row.values[index] = value }
        for (index, payloads) in draft.payloads { row.payloads[index] = payloads }
        let changed = draft.values.keys.filter { row.values[$0] != old.values[$0] }
        try checkReferences(draft.values.keys.sorted(), of: row, old: old, in: collection)
        try checkEndpoint(row, in: collection)
        for index in changed where collection.fields[index].kind == .slug && row.values[index].isNull {
            try makeSlugs(&row, in: collection)
        }
        let nests = !draft.children.isEmpty
        try save(&row, old: old, in: collection, checks: nests ? [] : collection.behaviour.checks)
        if nests {
            row = try replaceChildren(by: draft.children, of: row, old: old, in: collection)
            try runChecks(collection.behaviour.checks.filter(\.onUpdate), on: row, old: old)
        }
        if asksRule { try admit(collection.behaviour.update, to: "update", on: row, "you may not change it in this way") }
        if row != old { try runEffects(of: "updated", in: collection, new: row, old: old) }
        return row
    }

    /// Changes values as the system does, whatever the rules say; nil when the record is gone.
    package func set(_ values: [Int: Value], of collection: Collection, id: String) throws -> Row? {
        let access = Access(collection, environment: environment, spansTenants: true)
        guard let old = try transaction.row(access, key: .id(id)) else { return nil }
        var row = old
        for (index, value) in values { row.values[index] = value }
        try save(&row, old: old, in: collection, checks: [])
        if row != old { try runEffects(of: "updated", in: collection, new: row, old: old) }
        return row
    }

    // MARK: Steps

    /// Stores what differs from `old`, with a new version; nothing when nothing does. A transition or action, named by `event`, always gives a
    /// new version.
    func save(
        _ row: inout Row, old: Row, in collection: Collection, checks: [Check], scope: Environment? = nil, event: String? = nil
    ) throws {
        var differs = row.values.indices.filter { row.values[$0] != old.values[$0] || row.payloads[$0] != old.payloads[$0] }
        guard !differs.isEmpty || event != nil else { return }
        for index in differs where collection.fields[index].required && row.values[index].isNull {
            throw RecordError.invalid([
                FieldFault(path: collection.fields[index].name, code: "required", message: "must not be null")
            ])
        }
        if let tree = collection.shape.tree, differs.contains(tree) { try refuseCycle(row, by: tree, in: collection) }
        row.values[Row.System.version] = .int(old.version &+ 1)
        row.values[Row.System.updatedAt] = .moment(environment.now)
        differs += [Row.System.version, Row.System.updatedAt]
        differs += try recompute(&row, in: collection, changed: Set(differs))
        try namingTakenKeys(of: row, in: collection) { try transaction.update(row, in: collection, changed: differs) }
        note(.updated, row, old: old, event: event)
        try keepSlugs(of: old, replacedBy: row, in: collection)
        try rollUp(from: old, to: row, in: collection)
        try runChecks(checks.filter(\.onUpdate), on: row, old: old, scope: scope)
    }

    func holds(_ condition: Expression, _ row: Row, old: Row? = nil) throws -> Bool {
        try condition.isTrue(in: environment, row: row, old: old, rows: transaction)
    }

    /// The row as this caller may read it; 404 otherwise. Whatever is done to a record, a key without the scope to read it does not do it:
    /// answers hold the record.
    func readable(_ collection: Collection, _ key: RecordKey) throws -> Row {
        try caller.demand("read", in: collection.name)
        try caller.requireActiveTenant(of: collection)
        guard let access = access(to: collection), let row = try transaction.row(access, key: key) else {
            throw RecordError.notFound
        }
        return row
    }

    /// What the caller may read of a collection, by the key that he came by where he did; nil: nothing.
    func access(to collection: Collection) -> Access? {
        if caller.isSystem { return Access(collection, environment: environment, spansTenants: true) }
        guard caller.isWithinScopes("read", of: collection.name) else { return nil }
        switch collection.behaviour.read?.admission(for: environment) {
        case .everything: return Access(collection, environment: environment)
        case .matching(let condition): return Access(collection, conditions: [condition], environment: environment)
        case .nothing, nil: return nil
        }
    }

    func admit(_ rule: Rule?, to operation: String, on row: Row, _ message: String) throws {
        if caller.isSystem { return }
        try caller.demand(operation, in: row.collection)
        guard let rule, try holds(rule.expression, row) else { throw caller.refusal(by: rule, in: schema, message) }
    }

    func match(_ version: Int64?, _ row: Row) throws {
        if let version, version != row.version { throw RecordError.versionMismatch }
    }

    /// To be called after each write; `old` is the row before it. `isFinal`: the row is gone for good.
    func note(_ kind: RecordChange.Kind, _ row: Row, old: Row? = nil, event: String? = nil, isFinal: Bool = false) {
        note(RecordChange(kind: kind, row: row, old: old, event: event, isFinal: isFinal))
    }

    func note(_ change: RecordChange) { changes.append(change) }

    func runChecks(_ checks: [Check], on row: Row, old: Row?, scope: Environment? = nil) throws {
        for check in checks
        where try !check.rule.isTrue(in: scope ?? environment, row: row, old: old, rows: transaction) {
            throw RecordError.checkFailed(status: check.status, message: check.message)
        }
    }

    private func checkFieldRights(_ draft: Draft, on row: Row, in collection: Collection) throws {
        if caller.isSystem { return }
        var faults: [FieldFault] = []
        for index in draft.values.keys.sorted() {
            let field = collection.fields[index]
            guard let rule = field.write, try !holds(rule.expression, row) else { continue }
            faults.append(FieldFault(path: field.name, code: "forbidden", message: "you may not set this"))
        }
        if !faults.isEmpty { throw RecordError.fieldsForbidden(faults) }
    }

    /// The next number of each sequence, and tokens. A creation that fails has drawn no number.
    func draw(_ row: inout Row, in collection: Collection) throws {
        for index in collection.drawn {
            let field = collection.fields[index]
            if let format = field.sequence {
                var tenant = ""
                if let index = collection.shape.tenant, case .text(let id) = row.values[index] { tenant = id }
                let number = try transaction.sequences.next(of: field.name, in: collection.name, tenant: tenant)
                row.values[index] = .text(format.text(number))
            } else if field.isSealed {
                row.values[index] = .text(try SealedSecret.sealed(SealedSecret.made(by: random.bytes(field.tokenBytes)), by: seal))
            } else {
                row.values[index] = .text(Base64.url(random.bytes(field.tokenBytes)))
            }
        }
    }

    private func stamp(_ row: inout Row, in collection: Collection, given: [Int: Value]) throws {
        for field in collection.fields {
            guard let stamp = field.stamp, given[field.index] == nil else { continue }
            row.values[field.index] = try drawn(stamp, for: field, of: row, in: collection)
            if field.required, row.values[field.index].isNull {
                throw caller.refusal("'\(field.name)' cannot be set for you")
            }
        }
    }
}

/// What became of one record.
package struct RecordChange: Sendable {
    package enum Kind: String, Sendable { case created, updated, deleted, restored }
    package var kind: Kind
    package var row: Row
    /// The row before; nil where there was none.
    package var old: Row?
    /// The transition or action that did it.
    package var event: String?
    /// Whether the row is gone for good.
    package var isFinal = false
}

extension RecordWriter {
    /// A job in the same commit as the record that causes it; gives its id.
    package func enqueue(_ job: NewJob) throws -> String {
        try transaction.jobs.enqueue(job)
    }
}
