package import Expressions
internal import Schema

/// What happens to an account besides changes of its record (11-precisions 31).
package enum AccountEvent: String, Sendable {
    case signup
    case login
    case loginFailed = "login_failed"
    case logout
    case passwordChanged = "password_changed"
    case secondFactorOn = "totp_enabled"
    case secondFactorOff = "totp_disabled"
    case recoveryCodeUsed = "recovery_code_used"
}

extension RecordWriter {
    /// Runs the handlers of `auth.<event>`, whose `new` is the user, and writes it down where users are audited.
    package func tell(_ event: AccountEvent, of user: Row) throws {
        let name = "auth.\(event.rawValue)"
        if schema.users.behaviour.isAudited { try audit(name, of: user) }
        try runHandlers(of: name, new: user, old: nil)
    }
}
