package import Expressions
internal import Synchronization

/// A session that is in use: asked on each request, so that ending it or changing the user acts at once.
package final class ActiveSession: Sendable {
    package let id: String
    package let user: String
    private let state: Mutex<State>

    private struct State {
        var me: Row
        var isEnded = false
        var isForgotten = false
        var isActive: Bool
    }

    package init(id: String, me: Row, isActive: Bool) {
        self.id = id
        self.user = me.id
        state = Mutex(State(me: me, isActive: isActive))
    }

    package enum Standing: Sendable {
        case active(Row)
        case inactive
        case ended
        /// Pushed out of memory: to be fetched again.
        case forgotten
    }

    package var standing: Standing {
        state.withLock { state in
            if state.isEnded { return .ended }
            if state.isForgotten { return .forgotten }
            return state.isActive ? .active(state.me) : .inactive
        }
    }

    func replace(_ me: Row, isActive: Bool) {
        state.withLock { state in
            state.me = me
            state.isActive = isActive
        }
    }

    func end() {
        state.withLock { $0.isEnded = true }
    }

    func forget() {
        state.withLock { $0.isForgotten = true }
    }
}

/// All sessions in use, by id and by user. Bounded: the least recently added are forgotten and fetched again when needed.
package final class SessionRegistry: Sendable {
    private struct Table {
        var byID: [String: ActiveSession] = [:]
        var byUser: [String: [String]] = [:]
        var order: [String] = []
    }

    private let table = Mutex(Table())
    private let limit: Int

    package init(limit: Int = 100_000) {
        self.limit = limit
    }

    package func session(_ id: String) -> ActiveSession? {
        table.withLock { $0.byID[id] }
    }

    /// The one object for that session: an earlier one wins, so that ending it reaches everybody who holds it.
    package func insert(_ session: ActiveSession) -> ActiveSession {
        table.withLock { table in
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
        table.withLock { Self.remove(id, from: &$0) }?.end()
    }

    /// The user's row as it is now, or nil when he is gone.
    package func userChanged(_ user: String, to row: Row?, isActive: Bool) {
        let sessions = table.withLock { table in (table.byUser[user] ?? []).compactMap { table.byID[$0] } }
        for session in sessions {
            if let row { session.replace(row, isActive: isActive) } else { end(session.id) }
        }
    }

    @discardableResult
    private static func remove(_ id: String, from table: inout Table) -> ActiveSession? {
        guard let session = table.byID.removeValue(forKey: id) else { return nil }
        table.byUser[session.user]?.removeAll { $0 == id }
        if table.byUser[session.user]?.isEmpty == true { table.byUser[session.user] = nil }
        return session
    }
}
