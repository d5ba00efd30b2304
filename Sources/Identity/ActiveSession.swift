package import Expressions
package import Ports
internal import Synchronization

/// A session that is in use: asked on each request, so that ending it or changing the user acts at once.
package final class ActiveSession: Sendable {
    package let id: String
    package let user: String
    /// Nil: a person's.
    package let grant: KeyGrant?
    private let state: Mutex<State>

    private struct State {
        var me: Row
        var mustChangePassword: Bool
        var isEnded = false
        var isForgotten = false
        /// When its use was last noted.
        var usedAt: Int64
    }

    /// `mustChangePassword`: nothing else is open to him until he has.
    package init(_ session: Session, me: Row, mustChangePassword: Bool) {
        id = session.id
        grant = nil
        user = me.id
        state = Mutex(State(me: me, mustChangePassword: mustChangePassword, usedAt: session.usedAt))
    }

    /// As which a key acts.
    init(_ key: APIKey, me: Row, mustChangePassword: Bool) {
        id = APIKeyText.session(key.id)
        grant = KeyGrant(key)
        user = me.id
        state = Mutex(State(me: me, mustChangePassword: mustChangePassword, usedAt: key.usedAt ?? 0))
    }

    package enum Standing: Sendable {
        case active(Row)
        case mustChangePassword(Row)
        case ended
        /// Pushed out of memory: to be fetched again.
        case forgotten
    }

    package var standing: Standing { state.withLock { Self.standing($0) } }

    private static func standing(_ state: State) -> Standing {
        if state.isEnded { return .ended }
        if state.isForgotten { return .forgotten }
        return state.mustChangePassword ? .mustChangePassword(state.me) : .active(state.me)
    }

    /// How the session stands for a request at that moment, and whether its use is to be written down: once in a while, not each time.
    func used(at now: Int64) -> (Standing, isNoteworthy: Bool) {
        state.withLock { state in
            guard now - state.usedAt >= SessionRegistry.noteInterval else { return (Self.standing(state), false) }
            state.usedAt = now
            return (Self.standing(state), true)
        }
    }

    func replace(_ me: Row, mustChangePassword: Bool) {
        state.withLock { state in
            state.me = me
            state.mustChangePassword = mustChangePassword
        }
    }

    func end() {
        state.withLock { $0.isEnded = true }
    }

    func forget() {
        state.withLock { $0.isForgotten = true }
    }
}
