internal import Expressions
internal import Ports
package import Records
internal import Schema

/// What opens an account besides its password, or shuts its owner out: a phone, API keys, accounts at other services, an authenticator.
///
/// Until its address is proved anybody may hold an account, having signed up with an address that is not his. So where newcomers are asked
/// to prove theirs, nothing is added before they have; and what lets somebody in all the same, as from before the site asked, ends with the
/// first proof, unless it comes from a session of the account: then one person has both.
package struct WaysIn: Sendable {
    package enum Way: String, Sendable, CaseIterable {
        case phone
        case apiKeys = "api_keys"
        case services
        case authenticator

        /// What whoever has the mail of the account may end. A mailbox is no authenticator: that goes by its own codes, or by the operator.
        package static let mailed: Set<Way> = [.phone, .apiKeys, .services]
    }

    /// What a proof of the address has done to them.
    package struct Account: Sendable {
        /// Ended: whoever had opened them need not be the owner.
        package var removed: Set<Way> = []
        /// Open still.
        package var kept: Set<Way> = []
    }

    private let records: Records
    private let waitsForProof: Bool
    private let mailOpens: Bool

    /// `waitsForProof`: newcomers are sent a link to prove their address. `mailOpens`: whoever has the mail can have a new password; else he would
    /// be left without any way in.
    package init(_ records: Records, waitsForProof: Bool, mailOpens: Bool) {
        self.mailOpens = mailOpens
        self.records = records
        self.waitsForProof = waitsForProof
    }

    private var users: Collection { records.schema.users }

    /// Throws `.forbidden` where the account has an address that is not proved, and this site asks for the proof.
    func requireProof(of user: String, _ transaction: any Transaction) throws {
        guard waitsForProof, let row = try transaction.row(in: users.name, id: user), row.value("email", in: users) != .null,
            !isProved(row)
        else { return }
        throw RecordError.forbidden("prove your address first: POST /auth/email/resend sends a token for POST /auth/email/verify")
    }

    func isProved(_ user: Row) -> Bool { user.value("email_verified", in: users) == .bool(true) }

    func open(to user: String, _ transaction: any Transaction) throws -> Set<Way> {
        var ways: Set<Way> = []
        if let row = try transaction.row(in: users.name, id: user), row.value("phone", in: users) != .null { ways.insert(.phone) }
        if try transaction.apiKeys.hasAny(user) { ways.insert(.apiKeys) }
        if try transaction.identities.hasAny(user) { ways.insert(.services) }
        if try transaction.secondFactors.factor(of: user)?.confirmedAt != nil { ways.insert(.authenticator) }
        return ways
    }

    /// Ends those of them that whoever has the mail may end, but not a number that every account here must have; it is told so.
    func end(_ ways: Set<Way> = Way.mailed, of user: String, _ writer: RecordWriter) throws -> Account {
        let transaction = writer.transaction
        let former = try open(to: user, transaction)
        guard mailOpens else { return Account(kept: former) }
        if ways.contains(.phone), let field = users.field("phone"), !field.required,
            let row = try transaction.row(in: users.name, id: user),
            case .text(let number) = row.values[field.index]
        {
            _ = try writer.set([field.index: .null], of: users, id: user)
            try writer.notify(records.schema.notices.accountChanged, to: .address(number))
        }
        if ways.contains(.apiKeys) { try transaction.apiKeys.removeAll(of: user) }
        if ways.contains(.services) { try transaction.identities.removeAll(of: user) }
        let kept = try open(to: user, transaction)
        return Account(removed: former.subtracting(kept), kept: kept)
    }
}
