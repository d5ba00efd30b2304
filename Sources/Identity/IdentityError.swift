/// Refusals that only identity knows.
package enum IdentityError: Error, Sendable, Equatable {
    case wrongCredentials
    case inactive
    case signupClosed
    /// Who signs up must have been invited.
    case invitationRequired
    /// Seconds to wait.
    case tooManyAttempts(Int64)
    /// This code was tried too often; another may be asked for at once.
    case exhausted
    case refresh(RefreshFault)
    /// Wrong, unknown, expired or used before.
    case wrongCode
    /// No more codes for now: seconds to wait.
    case tooManyCodes(Int64)
    /// The site sends nobody a code for now: seconds to wait.
    case codesSpent(Int64)
    /// Another password of this account is being worked on.
    case accountBusy
    /// The sign-in is too long ago for what he asks.
    case staleSignIn
}
