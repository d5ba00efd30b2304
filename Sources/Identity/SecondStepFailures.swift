internal import Ports

/// Challenges of a second step that nobody has answered rightly, counted where failed passwords are: for the account, and apart for each
/// network from which it is signed in. So whoever knows the password and guesses codes elsewhere does not keep the owner out.
extension SignInFailures {
    private static let challenges = Proofs.Bound(count: 10, window: 900_000)
    /// Milliseconds between two passwords by mail that end a pause.
    private static let reopening: Int64 = 86_400_000

    /// Seconds until that account may have another challenge from there; nil: now. `network` as of `ClientNetwork.known`.
    func challengeWait(of user: String, from network: String, now: Int64, in failures: any FailureTransaction) throws -> Int64? {
        let bound = Self.challenges
        let recent = try failures.failures(of: digest("challenge", user, network), since: now - bound.window + 1, limit: bound.count)
        guard recent.count >= bound.count, let first = recent.first else { return nil }
        return max(1, (first + bound.window - now + 999) / 1_000)
    }

    func noteChallenge(of user: String, from network: String, now: Int64, in failures: any FailureTransaction) throws {
        try failures.addFailure(of: digest("challenge", user, network), at: now, forget: now - retention)
    }

    func clearChallenges(of user: String, from network: String, in failures: any FailureTransaction) throws {
        try failures.clearFailures(of: digest("challenge", user, network))
    }

    /// True once a day for each account: who reads its mail, and no more, must not guess on for as long as he can have links sent.
    func mayReopen(_ user: String, now: Int64, in failures: any FailureTransaction) throws -> Bool {
        let key = digest("reopened", user, "")
        guard try failures.failures(of: key, since: now - Self.reopening + 1, limit: 1).isEmpty else { return false }
        try failures.addFailure(of: key, at: now, forget: now - retention)
        return true
    }
}
