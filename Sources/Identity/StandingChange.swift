/// Whose standing may be another than it was: who goes on longer than a request looks again at nobody else.
package enum StandingChange: Sendable, Hashable {
    /// His row, what he proves himself with, or a membership of his.
    case user(String)
    /// It has ended.
    case session(String)
    case tenant(String)
}
