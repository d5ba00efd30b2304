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
        var hasSecondFactor: Bool
        /// What a policy said last, where that lasts.
        var verdict: (policy: AccountPolicy, verdict: AccountPolicy.Verdict)?
        var isEnded = false
        var isForgotten = false
        /// When its use was last noted.
        var usedAt: Int64
    }

    /// `hasSecondFactor`: he has an authenticator that he is asked for.
    package init(_ session: Session, me: Row, hasSecondFactor: Bool) {
        id = session.id
        grant = nil
        user = me.id
        state = Mutex(State(me: me, hasSecondFactor: hasSecondFactor, usedAt: session.usedAt))
    }

    /// As which a key acts.
    init(_ key: APIKey, me: Row, hasSecondFactor: Bool) {
        id = APIKeyText.session(key.id)
        grant = KeyGrant(key)
        user = me.id
        state = Mutex(State(me: me, hasSecondFactor: hasSecondFactor, usedAt: key.usedAt ?? 0))
    }

    package enum Standing: Sendable {
        case active(Row)
        case mustChangePassword(Row)
        case mustSetUpSecondFactor(Row)
        case ended
        /// Pushed out of memory: to be fetched again.
        case forgotten
    }

    /// Whether it is in memory and has not ended, whatever its user may do.
    var isAlive: Bool { state.withLock { !$0.isEnded && !$0.isForgotten } }

    /// How the session stands for a request at that moment, and whether its use is to be written down: once in a while, not each time.
    func used(at now: Int64, under policy: AccountPolicy) -> (Standing, isNoteworthy: Bool) {
        state.withLock { state in
            let standing = Self.standing(&state, at: now, under: policy)
            guard now - state.usedAt >= SessionRegistry.noteInterval else { return (standing, false) }
            state.usedAt = now
            return (standing, true)
        }
    }

    private static func standing(_ state: inout State, at now: Int64, under policy: AccountPolicy) -> Standing {
        if state.isEnded { return .ended }
        if state.isForgotten { return .forgotten }
        let verdict: AccountPolicy.Verdict
        if let known = state.verdict, known.policy === policy {
            verdict = known.verdict
        } else {
            verdict = policy.verdict(on: state.me, hasSecondFactor: state.hasSecondFactor, at: now)
            if policy.isLasting { state.verdict = (policy, verdict) }
        }
        return switch verdict {
        case .open: .active(state.me)
        case .mustChangePassword: .mustChangePassword(state.me)
        case .mustSetUpSecondFactor: .mustSetUpSecondFactor(state.me)
        case .closed: .ended
        }
    }

    var hasSecondFactor: Bool { state.withLock { $0.hasSecondFactor } }

    /// Commits are told on the loops that asked for them, and so not always in their order: what is older than what is known says nothing.
    func replace(_ me: Row) {
        state.withLock { state in
            guard me.version >= state.me.version else { return }
            state.me = me
            state.verdict = nil
        }
    }

    func setHasSecondFactor(_ has: Bool) {
        state.withLock { state in
            state.hasSecondFactor = has
            state.verdict = nil
        }
    }

    func end() {
        state.withLock { $0.isEnded = true }
    }

    func forget() {
        state.withLock { $0.isForgotten = true }
    }
}
