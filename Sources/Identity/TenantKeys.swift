internal import Expressions
package import NIOCore
package import Ports
package import Records
package import Schema

/// The keys that members have made in a tenant, as whoever manages those members sees and ends them; and their end with the membership.
///
/// Who may end somebody's key is who may end his membership: the rules of the members' collection say it, asked of the member's row. Whoever
/// has made keys without being a member counts as one who has just become it.
extension APIKeys {
    /// Those that are good still and whose makers the caller may remove, the youngest first: so many from `offset` on, and how many there are.
    /// The caller stands in the tenant. Fails with `.notFound` where he is no member and manages none.
    package func listOfTenant(
        for caller: Caller, limit: Int, offset: Int, on loop: any EventLoop
    ) -> EventLoopFuture<(keys: [APIKey], total: Int)> {
        records.write(for: caller, on: loop) { writer, transaction -> (keys: [APIKey], total: Int) in
            let tenant = try Self.tenant(writer)
            var manages: [String: Bool] = [:]
            let keys = try transaction.apiKeys.keys(in: tenant).filter { key in
                guard key.expiresAt.map({ $0 > writer.now }) ?? true else { return false }
                if let known = manages[key.user] { return known }
                let may = try writer.mayRemoveMember(key.user)
                manages[key.user] = may
                return may
            }
            return (Array(keys.dropFirst(offset).prefix(limit)), keys.count)
        }.map { [self] (page: (keys: [APIKey], total: Int)) in (page.keys.map(withUse), page.total) }
    }

    /// Ends a key of the tenant at once; who made it is told where it was another. Fails with `.notFound` for what the list does not show.
    package func removeOfTenant(_ id: String, for caller: Caller, on loop: any EventLoop) -> EventLoopFuture<Void> {
        records.write(for: caller, on: loop) { [records] writer, transaction in
            let tenant = try Self.tenant(writer)
            guard let key = try transaction.apiKeys.key(id), key.tenant == tenant, try writer.mayRemoveMember(key.user),
                try transaction.apiKeys.remove(id, of: key.user)
            else { throw RecordError.notFound }
            guard let maker = try transaction.row(in: records.schema.users.name, id: key.user) else { return }
            try writer.tellRemoved(key, of: maker)
            guard maker.id != writer.caller.environment.me?.id else { return }
            try writer.notify(
                records.schema.notices.keyEnded, to: .row(maker), given: NoticeFacts(names: ["key.name": .text(key.name)]))
        }.map { [sessions] in sessions.ended([APIKeyText.session(id)]) }
    }

    private static func tenant(_ writer: RecordWriter) throws -> String {
        let caller = writer.caller
        guard caller.environment.me != nil else { throw RecordError.unauthenticated }
        guard let tenant = caller.environment.tenant, try caller.environment.member != nil || writer.mayRemoveMember(nil) else {
            throw RecordError.notFound
        }
        return tenant.id
    }

    /// What the text of a key begins with, by which one that was found somewhere is known.
    package static func prefix(of id: String) -> String { APIKeyText.prefix + id }

    // MARK: The end of memberships

    /// In the transaction that changes members: the keys of whoever is none any more go for good, so that none comes back with him.
    package static func settle(_ changes: [RecordChange], in transaction: any Transaction, tenancy: Tenancy?) throws {
        for (user, tenant) in departures(changes, tenancy) { try transaction.apiKeys.removeAll(of: user, in: tenant) }
    }

    /// Users who have left a tenant.
    static func departures(_ changes: [RecordChange], _ tenancy: Tenancy?) -> [(user: String, tenant: String)] {
        guard let tenancy else { return [] }
        func place(_ row: Row) -> (user: String, tenant: String)? {
            guard case .text(let user) = row.values[tenancy.user], case .text(let tenant) = row.values[tenancy.tenant] else { return nil }
            return (user, tenant)
        }
        return changes.filter { $0.row.collection == tenancy.members.name }.compactMap { change in
            if change.kind == .deleted { return place(change.row) }
            guard let before = change.old.flatMap(place), let now = place(change.row), before != now else { return nil }
            return before
        }
    }
}
