package import Expressions
package import NIOCore
package import Ports
package import Records
package import Schema
internal import Synchronization

/// Tenants and memberships in use, kept in memory and replaced when they change: asked on each request of a site with tenants.
package final class Tenants: Sendable {
    /// What a request's words and the caller's memberships say about its tenant.
    package enum Place: Sendable {
        case caller(Caller)
        /// The tenant that he names is not active, and the caller is one of its members (11-precisions 54). One that was chosen for him he does not
        /// stand in: what needs none goes on.
        case inactive
        /// Named, and nothing to him: there is no such tenant, or it is not active and he is no member.
        case absent
    }

    private struct Table {
        /// By id and by lookup.
        var tenants: [String: Row] = [:]
        /// The live memberships of a user.
        var memberships: [String: [Row]] = [:]
        /// Names that no tenant has.
        var absent: Set<String> = []
        /// Raised with every change, so that what was read before it is not kept after it.
        var generation = 0
    }

    private let tenancy: Tenancy
    private let store: any Store
    private let table = Mutex(Table())
    /// Beyond it the memory is emptied; what is in use comes back with its next request.
    private static let limit = 100_000
    private static let membershipLimit = 1_000
    private static let absentLimit = 10_000
    /// Bytes.
    private static let absentLength = 200

    package init(_ tenancy: Tenancy, store: any Store) {
        self.tenancy = tenancy
        self.store = store
    }

    /// The caller with `tenant` and `member` in his environment. `named` is what header or query say: an id or a lookup.
    package func place(_ caller: Caller, named: String?, on loop: any EventLoop) -> Result<Place, Pending> {
        let user = caller.environment.me?.id
        let (tenant, memberships, isAbsent) = table.withLock { table in
            (
                named.flatMap { table.tenants[Self.key($0)] }, user.map { table.memberships[$0] } ?? .some([]),
                named.map { table.absent.contains(Self.key($0)) } ?? false
            )
        }
        if isAbsent { return .success(absent(caller)) }
        guard let memberships, named == nil || tenant != nil else { return .failure(Pending()) }
        if let tenant { return .success(place(caller, in: tenant, memberships)) }
        guard takesSingle, memberships.count == 1, let id = tenantID(of: memberships[0]) else { return .success(.caller(caller)) }
        guard let tenant = table.withLock({ $0.tenants[id] }) else { return .failure(Pending()) }
        return .success(settle(caller, in: tenant, memberships))
    }

    /// Something is not in memory: `load` fetches it.
    package struct Pending: Error {}

    private struct Found: Sendable {
        var tenant: Row?
        /// Nil: as they are known.
        var memberships: [Row]?
    }

    /// Fetches what `place` needs for that caller, and places him. Names cost a read at most: strangers may send any.
    package func load(_ caller: Caller, named: String?, on loop: any EventLoop) -> EventLoopFuture<Place> {
        let user = caller.environment.me?.id
        let (generation, known) = table.withLock { table in
            (table.generation, user.map { table.memberships[$0] } ?? .some([]))
        }
        return found(for: caller, named: named, known: known, on: loop).map { [self] found in
            let memberships = found.memberships ?? known ?? []
            table.withLock { table in
                guard table.generation == generation else { return }
                if table.tenants.count + table.memberships.count > Self.limit {
                    table.tenants.removeAll()
                    table.memberships.removeAll()
                }
                if let user { table.memberships[user] = memberships }
                if let tenant = found.tenant {
                    table.tenants[tenant.id] = tenant
                    if let named { table.tenants[Self.key(named)] = tenant }
                } else if let named, named.utf8.count <= Self.absentLength {
                    if table.absent.count >= Self.absentLimit { table.absent.removeAll() }
                    table.absent.insert(Self.key(named))
                }
            }
            guard let tenant = found.tenant else { return named == nil ? .caller(caller) : absent(caller) }
            return named == nil ? settle(caller, in: tenant, memberships) : place(caller, in: tenant, memberships)
        }
    }

    private func found(for caller: Caller, named: String?, known: [Row]?, on loop: any EventLoop) -> EventLoopFuture<Found> {
        let user = caller.environment.me?.id
        let tenancy = tenancy
        let single = takesSingle
        if known != nil, let named {
            return store.snapshot(on: loop) { snapshot in
                let access = Access(tenancy.tenants, environment: Environment(now: caller.environment.now))
                return Found(tenant: try Self.key(named, in: tenancy).flatMap { try snapshot.row(access, key: $0) })
            }
        }
        return store.transaction(on: loop) { transaction in
            let environment = Environment(now: caller.environment.now)
            var memberships: [Row] = []
            if let user {
                let field = tenancy.members.fields[tenancy.user]
                let ids = try transaction.referrers(to: user, in: tenancy.members, by: field, limit: Self.membershipLimit)
                memberships = try ids.compactMap {
                    try transaction.row(Access(tenancy.members, environment: environment, spansTenants: true), key: .id($0))
                }
            }
            let access = Access(tenancy.tenants, environment: environment)
            if let named {
                let tenant = try Self.key(named, in: tenancy).flatMap { try transaction.row(access, key: $0) }
                return Found(tenant: tenant, memberships: memberships)
            }
            guard single, memberships.count == 1, case .text(let id) = memberships[0].values[tenancy.tenant] else {
                return Found(memberships: memberships)
            }
            return Found(tenant: try transaction.row(access, key: .id(id)), memberships: memberships)
        }
    }

    private static func key(_ named: String, in tenancy: Tenancy) -> RecordKey? {
        if UUIDv7.isUUID(named) { return .id(named.lowercased()) }
        return tenancy.tenants.lookup.map { .field($0.index, .text(named)) }
    }

    /// An anonymous caller is told nothing about tenants: the rules refuse him.
    private func absent(_ caller: Caller) -> Place { caller.environment.me == nil ? place(caller, in: phantom, []) : .absent }

    /// Forgets what the changes may have changed; gives whose place they concern.
    @discardableResult
    package func observe(_ changes: [RecordChange]) -> Set<StandingChange> {
        let concerned = changes.reduce(into: Set<StandingChange>()) { $0.formUnion(concern(of: $1)) }
        guard !concerned.isEmpty else { return [] }
        table.withLock { table in
            table.generation += 1
            table.absent.removeAll()
            for case .user(let user) in concerned { table.memberships[user] = nil }
            let changed = concerned.compactMap { change -> String? in if case .tenant(let id) = change { id } else { nil } }
            if !changed.isEmpty { table.tenants = table.tenants.filter { !changed.contains($0.value.id) } }
        }
        return concerned
    }

    /// The same of changes that a site which was in force before has made: its rows may have other fields, so that everything is forgotten where
    /// they are of tenants or members.
    package func observeFormer(_ changes: [RecordChange]) {
        let names = [tenancy.tenants.name, tenancy.members.name]
        guard changes.contains(where: { names.contains($0.row.collection) }) else { return }
        table.withLock { $0 = Table(generation: $0.generation + 1) }
    }

    /// A tenant's row concerns its tenant, a membership whose it is and whose it was.
    private func concern(of change: RecordChange) -> [StandingChange] {
        if change.row.collection == tenancy.tenants.name { return [.tenant(change.row.id)] }
        guard change.row.collection == tenancy.members.name else { return [] }
        return [change.row, change.old].compactMap { row -> StandingChange? in
            if case .text(let user)? = row?.values[tenancy.user] { .user(user) } else { nil }
        }
    }

    private var takesSingle: Bool { tenancy.takesSingle }

    /// Whether header or query mean that tenant.
    package func isName(_ named: String, of tenant: Row?) -> Bool {
        guard let tenant else { return false }
        if UUIDv7.isUUID(named) { return named.lowercased() == tenant.id }
        return tenancy.tenants.lookup.map { tenant.values[$0.index] == .text(named) } ?? false
    }

    private static func key(_ named: String) -> String { UUIDv7.isUUID(named) ? named.lowercased() : named }

    private func tenantID(of membership: Row) -> String? {
        if case .text(let id) = membership.values[tenancy.tenant] { id } else { nil }
    }

    private func place(_ caller: Caller, in tenant: Row, _ memberships: [Row]) -> Place {
        var placed = caller
        placed.environment.tenant = tenant
        placed.environment.member = memberships.first { tenantID(of: $0) == tenant.id }
        if let condition = tenancy.activeWhen, tenant.id != phantom.id,
            (try? condition.isTrue(in: Environment(now: caller.environment.now), row: tenant)) != true
        {
            if placed.environment.member != nil { return .inactive }
            placed.environment.tenant = phantom
            return caller.environment.me == nil ? .caller(placed) : .absent
        }
        return .caller(placed)
    }

    /// The same with the tenant of his single membership, which he has not named.
    private func settle(_ caller: Caller, in tenant: Row, _ memberships: [Row]) -> Place {
        let place = place(caller, in: tenant, memberships)
        guard case .inactive = place else { return place }
        var caller = caller
        caller.isTenantInactive = true
        return .caller(caller)
    }

    /// No row belongs to it.
    private var phantom: Row {
        var row = Row(collection: tenancy.tenants.name, values: tenancy.tenants.fields.map { _ in .null })
        row.values[Row.System.id] = .text("00000000-0000-0000-0000-000000000000")
        return row
    }
}
