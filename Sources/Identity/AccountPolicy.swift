package import Expressions
internal import Ports
package import Schema

/// What the file asks of an account at each request: that it is open, and that it has what it must have.
///
/// Judged by the user's own row and the clock alone (the compiler refuses anything else), so that no request waits for a query and nothing
/// that the clock decides needs a change of the record to act.
package final class AccountPolicy: Sendable {
    package enum Verdict: Sendable, Equatable {
        case open
        /// Nothing else is open to him until he has a new password.
        case mustChangePassword
        /// The same until he has an authenticator.
        case mustSetUpSecondFactor
        case closed
    }

    private let activeWhen: Expression?
    private let demandsSecondFactor: Expression?
    private let mustChangePassword: Int?
    /// Whether a verdict stands until the row changes.
    let isLasting: Bool

    package convenience init(_ schema: Schema) {
        self.init(
            activeWhen: schema.activeWhen, demandsSecondFactor: schema.demandsSecondFactor,
            // Where nobody can change a password, to wait for it would shut him out for good.
            mustChangePassword: schema.takesPasswords ? schema.users.field("must_change_password")?.index : nil)
    }

    /// `mustChangePassword`: the index of the field that says so.
    init(activeWhen: Expression? = nil, demandsSecondFactor: Expression? = nil, mustChangePassword: Int? = nil) {
        self.activeWhen = activeWhen
        self.demandsSecondFactor = demandsSecondFactor
        self.mustChangePassword = mustChangePassword
        isLasting = [activeWhen, demandsSecondFactor].allSatisfy { $0?.readsItsRowAlone ?? true }
    }

    package func isActive(_ user: Row, at now: Int64) -> Bool {
        guard let activeWhen else { return true }
        return (try? activeWhen.isTrue(in: Environment(now: now), row: user)) ?? false
    }

    /// Whether that user must have an authenticator. What cannot be judged is demanded.
    package func demandsSecondFactor(of user: Row, at now: Int64) -> Bool {
        guard let demandsSecondFactor else { return false }
        return (try? demandsSecondFactor.isTrue(in: Environment(now: now), row: user)) ?? true
    }

    func mustChangePassword(_ user: Row) -> Bool { mustChangePassword.map { user.values[$0] == .bool(true) } ?? false }

    func verdict(on user: Row, hasSecondFactor: Bool, at now: Int64) -> Verdict {
        guard isActive(user, at: now) else { return .closed }
        if mustChangePassword(user) { return .mustChangePassword }
        return !hasSecondFactor && demandsSecondFactor(of: user, at: now) ? .mustSetUpSecondFactor : .open
    }
}
