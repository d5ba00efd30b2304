internal import Expressions
internal import JSON
internal import Records
internal import Schema

/// The body of a sign-up: `email`, `password` and fields of `users`.
struct NewAccount {
    let email: String
    let password: String
    let draft: Draft
    /// What only the system may set, by index of the field.
    let systemValues: [Int: Value]

    /// Throws `.invalid` with every fault.
    init(_ body: JSONValue, users: Collection, policy: PasswordPolicy, isSystem: Bool = false) throws(RecordError) {
        guard case .object(let members) = body else {
            throw .invalid([FieldFault(path: "", code: "type", message: "the body must be an object, not \(body.kind)")])
        }
        var faults: [FieldFault] = []
        func text(_ name: String) -> String? {
            switch body[name] {
            case .string(let text): return text
            case nil: faults.append(FieldFault(path: name, code: "required", message: "is required"))
            case .some(let other): faults.append(FieldFault(path: name, code: "type", message: "must be a string, not \(other.kind)"))
            }
            return nil
        }
        let email = text("email")
        let password = text("password")
        let address = email.flatMap { EmailAddress.normalized($0) }
        if email != nil, address == nil {
            faults.append(FieldFault(path: "email", code: "format", message: "must be an e-mail address"))
        }
        if let password, let fault = policy.fault(password, email: address) { faults.append(fault) }

        var own = members.filter { $0.name != "email" && $0.name != "password" }
        var systemValues: [Int: Value] = [:]
        if isSystem {
            // Whatever a client may not send is the system's to set.
            let isServerOwned: (JSONMember) -> Bool = { member in
                users.field(member.name).map { $0.source == .server || $0.source == .stamp } ?? false
            }
            for member in own.filter(isServerOwned) {
                guard let field = users.field(member.name) else { continue }
                do throws(FieldFaults) {
                    systemValues[field.index] = try field.value(from: member.value, path: member.name)
                } catch {
                    faults += error.faults
                }
            }
            own.removeAll(where: isServerOwned)
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
        guard faults.isEmpty, let address, let password else { throw .invalid(faults) }
        self.email = address
        self.password = password
        self.systemValues = systemValues
    }
}
