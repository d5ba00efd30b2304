package import JSON
package import Ports
internal import Expressions
internal import Schema

/// Who changed what, for whom `[audit] allow` admits.
extension RecordWriter {
    /// Refuses a caller whom the rule does not admit; nobody without a rule.
    package func admitToAudit() throws {
        if caller.isSystem { return }
        guard let rule = schema.audit.allow, try rule.expression.isTrue(in: environment, rows: transaction) else {
            throw caller.refusal(by: schema.audit.allow, in: schema, "you may not read the audit")
        }
    }

    /// Of one record, newest first, within the caller's tenant (11-precisions 58).
    package func audit(of record: JobRecord, limit: Int, offset: Int) throws -> (items: [JSONValue], total: Int) {
        try admitToAudit()
        let page = try transaction.ledgers.audit.page(of: record, tenant: environment.tenant?.id, limit: limit, offset: offset)
        return (page.entries.map(\.json), page.total)
    }
}

extension AuditEntry {
    fileprivate var json: JSONValue {
        func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
        return [
            "id": .string(id), "actor": text(actor), "actor_name": text(actorName), "ip": text(ip), "user_agent": text(userAgent),
            "request_id": text(requestID), "at": .string(Timestamp.text(at)), "action": .string(action),
            "changes": (try? JSONParser.parse(changes)) ?? .null,
        ]
    }
}
