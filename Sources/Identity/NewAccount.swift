internal import Expressions
internal import JSON
internal import Records
internal import Schema

/// A new account as it was sent: `email`, `password` and fields of `users`.
struct NewAccount {
    /// Who makes it decides what may be said of it.
    enum Maker {
        /// Whoever signs up, with an address and a password.
        case stranger
        /// Somebody who may make accounts for others: also without a password, and such that it must be changed.
        case other
        /// The command line: any field, and the address is believed (11-precisions 60).
        case system
    }

    /// Nil: the account has none yet.
    let password: String?
    let draft: Draft
    /// What only the system may set, by index of the field.
    var systemValues: [Int: Value]
    /// The token of a mail that invites whoever signs up.
    let invitation: String?

    /// Throws `.invalid` with every fault.
    init(_ body: JSONValue, users: Collection, policy: PasswordPolicy, maker: Maker) throws(RecordError) {
        guard case .object(let members) = body else {
            throw .invalid([FieldFault(path: "", code: "type", message: "the body must be an object, not \(body.kind)")])
        }
        var faults: [FieldFault] = []
        func text(_ name: String, isRequired: Bool) -> String? {
            switch body[name] {
            case .string(let text): return text
            case nil: if isRequired { faults.append(FieldFault(path: name, code: "required", message: "is required")) }
            case .some(let other): faults.append(FieldFault(path: name, code: "type", message: "must be a string, not \(other.kind)"))
            }
            return nil
        }
        // What may be said by its maker though no client may write it.
        let given: Set<String> =
            switch maker {
            case .stranger: []
            case .other: ["phone", "must_change_password"]
            case .system: Set(users.fields.filter { $0.source == .server || $0.source == .stamp }.map(\.name))
            }
        let needsEmail = maker == .stranger || body["phone"] == nil
        let email = text("email", isRequired: needsEmail)
        let password = text("password", isRequired: maker == .stranger || maker == .system && needsEmail)
        let address = email.flatMap { EmailAddress.normalized($0) }
        if email != nil, address == nil {
            faults.append(FieldFault(path: "email", code: "format", message: "must be an e-mail address"))
        }
        if let password, let fault = policy.fault(password, email: address) { faults.append(fault) }

        let isInvitation: (JSONMember) -> Bool = { maker == .stranger && $0.name == "invitation" && users.field("invitation") == nil }
        invitation = members.contains(where: isInvitation) ? text("invitation", isRequired: true) : nil
        var own = members.filter { $0.name != "email" && $0.name != "password" && !isInvitation($0) }
        var systemValues: [Int: Value] = [:]
        for member in own.filter({ given.contains($0.name) }) {
            guard let field = users.field(member.name) else { continue }
            do throws(FieldFaults) {
                systemValues[field.index] = try field.value(from: member.value, path: member.name)
            } catch {
                faults += error.faults
            }
        }
        own.removeAll { given.contains($0.name) }
        if let address, let field = users.field("email") { systemValues[field.index] = .text(address) }
        if maker == .system, address != nil, body["email_verified"] == nil, let field = users.field("email_verified") {
            systemValues[field.index] = .bool(true)
        }
        do throws(RecordError) {
            draft = try Draft(.object(own), for: users, purpose: .create)
        } catch {
            guard case .invalid(let more) = error else {
                if faults.isEmpty { throw error }
                throw .invalid(faults)
            }
            throw .invalid(faults + more)
        }
        guard faults.isEmpty else { throw .invalid(faults) }
        self.password = password
        self.systemValues = systemValues
    }
}
