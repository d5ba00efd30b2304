internal import Crypto
package import Expressions
internal import JSON
package import NIOCore
internal import Ports
package import Schema

/// `tenancy.invitations` (11-precisions 39 and 57): a mail with a token makes a member.
///
/// The mail alone holds the token: `<id>.<secret>`, of which the record keeps the id and a digest of the secret.
extension RecordWriter {
    private static let secretBytes = 32

    // MARK: Inviting

    /// Gives an invitation what no client sends, and the token to mail; nil for any other record.
    func prepareInvitation(_ row: inout Row, in collection: Collection) throws -> String? {
        guard let plan = schema.tenancy?.invitations, collection === plan.collection else { return nil }
        let secret = Base64.url(random.bytes(Self.secretBytes))
        row.values[plan.token] = .text(Self.digest(of: secret))
        row.values[plan.inviter] = environment.me.map { .text($0.id) } ?? .null
        row.values[plan.expiresAt] = .moment(environment.now + plan.lifetime)
        return "\(row.id).\(secret)"
    }

    /// A repeated invitation replaces the old one, whatever became of it.
    func removeFormerInvitation(to row: Row) throws {
        guard let tenancy = schema.tenancy, let plan = tenancy.invitations, let field = plan.collection.shape.tenant,
            case .text(let tenant) = row.values[field]
        else { return }
        var scope = environment
        scope.tenant = try transaction.row(in: tenancy.tenants.name, id: tenant)
        let access = Access(plan.collection, life: .any, environment: scope)
        guard let former = try transaction.row(access, key: .field(plan.email, row.values[plan.email])) else { return }
        try remove(former, from: plan.collection)
    }

    func sendInvitation(_ row: Row, token: String) throws {
        guard let plan = schema.tenancy?.invitations, case .text(let email) = row.values[plan.email] else { return }
        var facts = NoticeFacts(token: token)
        facts.new = row
        try notify(schema.notices.invitation, to: .address(email), given: facts)
    }

    // MARK: Accepting

    /// Makes the caller the member that the invitation offers to be, once. The right to invite is asked again, of the inviter as he is now
    /// (09-security). Gives the membership, and the caller as he is in that tenant.
    package func acceptInvitation(_ token: String) throws -> (membership: Row, caller: Caller) {
        guard let tenancy = schema.tenancy, let plan = tenancy.invitations else { throw RecordError.notFound }
        guard let me = environment.me else { throw RecordError.unauthenticated }
        let invitation = try invitation(of: token, plan)
        guard invitation.values[plan.email] == me.value("email", in: schema.users) else {
            throw RecordError.forbidden("this invitation is for another address than that of this account")
        }
        guard me.value("email_verified", in: schema.users) == .bool(true) else {
            throw RecordError.forbidden("prove your address first: POST /auth/email/resend sends a token for POST /auth/email/verify")
        }
        let tenant = try tenant(of: invitation, tenancy, plan)

        var scope = environment
        (scope.tenant, scope.member) = (tenant, nil)
        guard try membership(of: me, in: tenant, tenancy) == nil else {
            throw RecordError.checkFailed(status: 409, message: "you are a member already")
        }
        var values: [Int: Value] = [tenancy.user: .text(me.id), tenancy.tenant: .text(tenant.id)]
        for offer in plan.offered { values[offer.member] = invitation.values[offer.invitation] }
        let system = following(in: scope)
        let membership = try system.create(tenancy.members, Draft(), adding: values, asksRule: false)
        _ = try system.set([plan.status: .text(Invitations.accepted), plan.token: .null], of: plan.collection, id: invitation.id)
        take(changesOf: system)
        var placed = caller
        (placed.environment.tenant, placed.environment.member) = (tenant, membership)
        return (membership, placed)
    }

    /// Whether that token of a mail invites that address: whoever shows it reads its mail. Throws where it invites nobody any more, or
    /// whoever invited may not do so any more.
    package func isInvited(_ email: String, by token: String) throws -> Bool {
        guard let tenancy = schema.tenancy, let plan = tenancy.invitations else { throw RecordError.invalidCode(Self.invalid) }
        let invitation = try invitation(of: token, plan)
        guard invitation.values[plan.email] == .text(email) else { return false }
        _ = try tenant(of: invitation, tenancy, plan)
        return true
    }

    /// Where the invitation leads to. Throws unless the tenant is active and the inviter may still invite.
    private func tenant(of invitation: Row, _ tenancy: Tenancy, _ plan: Invitations) throws -> Row {
        guard let field = plan.collection.shape.tenant, case .text(let id) = invitation.values[field],
            let tenant = try transaction.row(in: tenancy.tenants.name, id: id),
            try tenancy.activeWhen?.isTrue(in: Environment(now: environment.now), row: tenant, rows: transaction) ?? true
        else { throw RecordError.invalidCode(Self.invalid) }
        try admitInviter(of: invitation, into: tenant, tenancy, plan)
        return tenant
    }

    private static let invalid = "this invitation does not exist, was used, was replaced or has expired"

    private func invitation(of token: String, _ plan: Invitations) throws -> Row {
        let parts = token.split(separator: ".", maxSplits: 1).map(String.init)
        let access = Access(plan.collection, environment: environment, spansTenants: true)
        guard parts.count == 2, UUIDv7.isUUID(parts[0]), let row = try transaction.row(access, key: .id(parts[0].lowercased())),
            row.values[plan.token] == .text(Self.digest(of: parts[1])), row.values[plan.status] == .text(Invitations.pending),
            case .moment(let end) = row.values[plan.expiresAt], end > environment.now
        else { throw RecordError.invalidCode(Self.invalid) }
        return row
    }

    /// Whether the inviter may still invite as what he did: an account in use, with his rights of this moment.
    private func admitInviter(of invitation: Row, into tenant: Row, _ tenancy: Tenancy, _ plan: Invitations) throws {
        let refusal = RecordError.forbidden("whoever invited you may not do so any more")
        // Made by the system: from the command line, or by an effect.
        guard case .text(let id) = invitation.values[plan.inviter] else { return }
        guard let inviter = try transaction.row(in: schema.users.name, id: id),
            try schema.activeWhen?.isTrue(in: Environment(now: environment.now), row: inviter, rows: transaction) ?? true,
            try !transaction.accounts.isClosed(id), let rule = plan.collection.behaviour.create
        else { throw refusal }
        var scope = environment
        (scope.me, scope.tenant) = (inviter, tenant)
        scope.member = try membership(of: inviter, in: tenant, tenancy)
        guard try rule.expression.isTrue(in: scope, row: invitation, rows: transaction) else { throw refusal }
    }

    /// His live membership in the tenant.
    func membership(of user: Row, in tenant: Row, _ tenancy: Tenancy) throws -> Row? {
        var scope = environment
        scope.tenant = tenant
        return try transaction.row(Access(tenancy.members, environment: scope), key: .fields([tenancy.user], [.text(user.id)]))
    }

    /// SHA-256; the secret has as many bits as that, so that no salt is needed.
    private static func digest(of secret: String) -> String {
        Base64.url(Array(SHA256.hash(data: Array(secret.utf8))))
    }
}

extension Records {
    /// What a tenant is known by to whoever has just become its member: what requests name it by, its name and its card.
    package static func identifying(_ tenants: Collection) -> [Field] {
        let indices = Set([tenants.lookup?.index, tenants.field("name")?.index].compactMap(\.self) + (tenants.behaviour.card ?? []))
        return tenants.fields.filter { indices.contains($0.index) && $0.index != Row.System.id && $0.isAnswered }
    }

    /// Appends the membership that the invitation has made, as its member sees it, with its tenant as `tenant`.
    package func acceptInvitation(
        _ token: String, for caller: Caller, into buffer: ByteBuffer, on loop: any EventLoop
    ) -> EventLoopFuture<WrittenRecord> {
        write(for: caller, on: loop) { [self] writer, transaction in
            let (row, placed) = try writer.acceptInvitation(token)
            guard let tenancy = writer.schema.tenancy, let tenant = placed.environment.tenant else { throw RecordError.notFound }
            var buffer = buffer
            var answer = try self.answer(row, of: tenancy.members, to: placed, transaction, into: &buffer)
            answer.buffer.reopenJSONObject()
            answer.buffer.writeStaticString(#","tenant":"#)
            try write(tenant, of: tenancy.tenants, for: placed, transaction, into: &answer.buffer)
            answer.buffer.writeStaticString("}")
            return WrittenRecord(row: row, answer: answer)
        }
    }

    /// The tenant as its member reads it; of one that the rules do not show him the id.
    private func write(
        _ tenant: Row, of tenants: Collection, for caller: Caller, _ transaction: any Transaction, into buffer: inout ByteBuffer
    ) throws {
        let fields = Set(Self.identifying(tenants).map(\.index))
        if let access = try? access(to: tenants, for: caller) {
            let projection = projections.custom(tenants, fields: fields, expanded: Expansions(), for: caller)
            if let answer = try transaction.read(RecordRead(access: access, key: .id(tenant.id), projection: projection), into: &buffer) {
                buffer = answer.buffer
                return
            }
        }
        buffer.writeStaticString(#"{"id":"#)
        buffer.writeJSON(string: tenant.id)
        buffer.writeStaticString("}")
    }
}
