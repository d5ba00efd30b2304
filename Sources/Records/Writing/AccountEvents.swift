package import Expressions
internal import JSON
package import Ports
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

    /// A key was made by that user.
    package func tellMade(_ key: APIKey, of user: Row) throws { try tell("api_key_created", key, of: user, new: .string(key.name)) }

    /// A key of that user was ended, by him or by whoever asks.
    package func tellRemoved(_ key: APIKey, of user: Row) throws { try tell("api_key_removed", key, of: user, old: .string(key.name)) }

    /// Written down where users are audited, within the tenant that the key is of; no handler hears of it (11-precisions 31).
    private func tell(_ event: String, _ key: APIKey, of user: Row, old: JSONValue = .null, new: JSONValue = .null) throws {
        guard schema.users.behaviour.isAudited else { return }
        let changes: JSONValue = ["api_key": ["old": old, "new": new]]
        try audit("auth.\(event)", of: user, in: key.tenant, changes: changes)
    }
}
