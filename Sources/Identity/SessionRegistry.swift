package import Expressions
package import Ports
internal import Records
internal import Synchronization

/// All sessions in use, by id and by user. Bounded: the least recently added are forgotten and fetched again when needed.
package final class SessionRegistry: Sendable {
    private struct Table {
        var byID: [String: ActiveSession] = [:]
        var byUser: [String: [String]] = [:]
        var order: [String] = []
        /// How often something ended or changed.
        var changes = 0
    }

    /// Milliseconds: so often at most the use of a session is written down.
    package static let noteInterval: Int64 = 60_000
    private static let longestAgent = 500

    private let table = Mutex(Table())
    /// What is to be written down, by session.
    private let uses = Mutex<[String: SessionUse]>([:])
    private let limit: Int
    /// Told when a session has ended or a user has changed, once that holds in memory.
    package let changed = Callback<StandingChange>()

    package init(limit: Int = 100_000) {
        self.limit = limit
    }

    package func session(_ id: String) -> ActiveSession? {
        table.withLock { $0.byID[id] }
    }

    /// The one object for that session: an earlier one wins, so that ending it reaches everybody who holds it.
    @discardableResult
    package func insert(_ session: ActiveSession) -> ActiveSession { insert(session, unlessChangedSince: nil) ?? session }

    /// Raised whenever a session ends, or a user changes or is let in again.
    var changes: Int { table.withLock { $0.changes } }

    /// The same, or nil where something has changed since.
    func insert(_ session: ActiveSession, unlessChangedSince seen: Int?) -> ActiveSession? {
        table.withLock { table in
            if let seen, seen != table.changes { return nil }
            if let known = table.byID[session.id] { return known }
            if table.order.count >= limit {
                // Half at once: cheap on average, and what is still in use comes back with its next request.
                for id in table.order.prefix(limit / 2) { Self.remove(id, from: &table)?.forget() }
                table.order.removeFirst(limit / 2)
            }
            table.byID[session.id] = session
            table.byUser[session.user, default: []].append(session.id)
            table.order.append(session.id)
            return session
        }
    }

    package func end(_ id: String) {
        table.withLock { table in
            table.changes += 1
            return Self.remove(id, from: &table)
        }?.end()
        uses.withLock { $0[id] = nil }
        changed(.session(id))
    }

    /// The user's row as it is now; nil when nothing is open to him any more.
    package func userChanged(_ user: String, to row: Row?) {
        let sessions = sessions(of: user)
        for session in sessions {
            if let row { session.replace(row) } else { end(session.id) }
        }
        changed(.user(user))
    }

    /// No key of his opens anything any more.
    func endKeys(of user: String) {
        for session in sessions(of: user) where session.grant != nil { end(session.id) }
    }

    /// The keys that he has made in that tenant open nothing any more.
    func endKeys(of user: String, in tenant: String) {
        for session in sessions(of: user) where session.grant?.use.tenant == tenant { end(session.id) }
    }

    /// Something may be open that was closed: nobody has a session in memory for it.
    func somethingOpened() { table.withLock { $0.changes += 1 } }

    /// Whether the user has an authenticator, from now on.
    func secondFactorChanged(_ user: String, has: Bool) {
        let sessions = sessions(of: user)
        for session in sessions { session.setHasSecondFactor(has) }
        changed(.user(user))
    }

    /// Whether the session's user has an authenticator; nil of a session that is not in memory.
    func hasSecondFactor(in session: String) -> Bool? { table.withLock { $0.byID[session] }?.hasSecondFactor }

    /// The user's sessions in memory, of which something has changed.
    private func sessions(of user: String) -> [ActiveSession] {
        table.withLock { table in
            table.changes += 1
            return (table.byUser[user] ?? []).compactMap { table.byID[$0] }
        }
    }

    @discardableResult
    private static func remove(_ id: String, from table: inout Table) -> ActiveSession? {
        guard let session = table.byID.removeValue(forKey: id) else { return nil }
        table.byUser[session.user]?.removeAll { $0 == id }
        if table.byUser[session.user]?.isEmpty == true { table.byUser[session.user] = nil }
        return session
    }

    // MARK: Use

    /// How the session stands for a request; now and then its use is kept, to be written down with others.
    package func standing(
        of session: ActiveSession, for request: RequestFacts, at now: Int64, under policy: AccountPolicy
    ) -> ActiveSession.Standing {
        let (standing, isNoteworthy) = session.used(at: now, under: policy)
        if isNoteworthy {
            uses.withLock {
                $0[session.id] = SessionUse(
                    session: session.id, at: now, address: request.ip, userAgent: Self.agent(request.userAgent))
            }
        }
        return standing
    }

    /// As much of an agent's name as is kept.
    static func agent(_ text: String) -> String { String(text.prefix(longestAgent)) }

    /// What is known of the session's last use beyond what is written down.
    package func use(of session: String) -> SessionUse? { uses.withLock { $0[session] } }

    /// Takes out what is to be written down.
    package func takeUses() -> [SessionUse] {
        uses.withLock { uses in
            defer { uses.removeAll() }
            return Array(uses.values)
        }
    }
}
