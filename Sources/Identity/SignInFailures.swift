internal import Crypto
internal import Ports

/// Failed sign-ins, counted for the account and for the address in a sliding window (09-security: 5 and 20 per 15 min). They stand in the
/// store, so that a restart forgives nothing, and whose they are is a keyed digest: what strangers type there may be anything.
///
/// Nobody locks another out for ever: a network from which the account is signed in is counted by itself, so that strangers' failures
/// elsewhere do not close the door that its owner uses; and whoever takes a new password by mail begins anew.
package struct SignInFailures: Sendable {
    private let key: SymmetricKey
    private let perAccount: Int
    private let perAddress: Int
    private let window: Int64

    /// `window` in milliseconds.
    package init(masterKey: MasterKey, perAccount: Int, perAddress: Int, window: Int64) {
        key = masterKey.derived(for: .failures)
        self.perAccount = perAccount
        self.perAddress = perAddress
        self.window = window
    }

    /// Of whom failures are counted, in digests.
    package struct Subject: Sendable, Equatable {
        var account: [UInt8]
        /// The account, in the network that the try comes from: where failures count once it is signed in from there.
        var own: [UInt8]
        var address: [UInt8]
    }

    /// `sessions` are those of the account, if there is such a one.
    func subject(account: String, address: String, sessions: [Session]) -> Subject {
        Subject(
            account: digest("account", account, ClientNetwork.known(address, by: sessions)),
            own: digest("account", account, ClientNetwork.of(address)),
            address: digest("address", ClientNetwork.of(address), ""))
    }

    /// Seconds to wait before another try; nil: go on.
    func wait(_ subject: Subject, now: Int64, in failures: any FailureTransaction) throws -> Int64? {
        let waits = try [(subject.account, perAccount), (subject.address, perAddress)].compactMap { key, limit -> Int64? in
            // The latest so many: when the first of them leaves the window there is room for one more.
            let recent = try failures.failures(of: key, since: now - window + 1, limit: limit)
            return recent.count >= limit ? recent.first.map { $0 + window - now } : nil
        }
        return waits.max().map { max(1, ($0 + 999) / 1_000) }
    }

    func note(_ subject: Subject, now: Int64, in failures: any FailureTransaction) throws {
        for key in [subject.account, subject.address] { try failures.addFailure(of: key, at: now, forget: now - retention) }
    }

    func clear(_ subject: Subject, in failures: any FailureTransaction) throws {
        for key in Set([subject.account, subject.own]) { try failures.clearFailures(of: key) }
    }

    /// Whoever has proved that he owns the account is no stranger to it, wherever it was signed in from until now.
    func clear(account: String, sessions: [Session], in failures: any FailureTransaction) throws {
        for network in Set(sessions.map { ClientNetwork.of($0.address) } + [""]) {
            try failures.clearFailures(of: digest("account", account, network))
        }
    }

    /// Milliseconds that failures stay: all are forgotten together, so no shorter than any of them counts.
    var retention: Int64 { max(window, 86_400_000) }

    func digest(_ parts: String...) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Array(parts.joined(separator: "\0").utf8), using: key))
    }
}
