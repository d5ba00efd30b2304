package import Expressions
package import Schema

/// On whose behalf something is done.
package struct Caller: Sendable {
    /// The rules decide, `me` being nil for an anonymous caller.
    package var environment: Environment
    /// Rules and field rights do not bind the system (effects, jobs, the command line).
    package var isSystem: Bool
    /// The id of the session that asks; nil without any.
    package var session: String?
    /// Of the request that asks; nil outside of any.
    package var requestID: String?
    /// Whether the request may be a repeated one, and how such a one is known.
    package var repetition: Repetition?
    /// Where he came by an API key.
    package var key: KeyUse?
    /// The one tenant that he is a member of would be his, and is not active: he stands in none, and what needs one is refused for that.
    package var isTenantInactive = false

    package init(environment: Environment, isSystem: Bool = false, requestID: String? = nil) {
        self.environment = environment
        self.isSystem = isSystem
        self.requestID = requestID
    }

    /// The same caller with a request that may be a repeated one.
    package func marked(by repetition: Repetition) -> Caller {
        var caller = self
        caller.repetition = repetition
        return caller
    }

    package static func system(now: Int64) -> Caller {
        Caller(environment: Environment(now: now), isSystem: true)
    }

    /// The system, on account of this one's request.
    package var asSystem: Caller {
        Caller(environment: Environment(now: environment.now, request: environment.request), isSystem: true, requestID: requestID)
    }

    package var isAnonymous: Bool { environment.me == nil && !isSystem }

    /// What refuses a write that a rule does not admit (11-precisions 12).
    package func refusal(_ message: String) -> RecordError {
        isAnonymous ? .unauthenticated : .forbidden(message)
    }

    /// The same where nothing but that rule has refused him. Of a rule about members nobody can tell what it says while he names no tenant.
    package func refusal(by rule: Rule?, in schema: Schema, _ message: String) -> RecordError {
        guard schema.tenancy != nil, !isAnonymous, key == nil, environment.tenant == nil, rule?.asksForTenant == true else {
            return refusal(message)
        }
        return withoutTenant(in: schema)
    }

    /// What refuses whatever needs a tenant while he stands in none.
    package func withoutTenant(in schema: Schema) -> RecordError {
        isTenantInactive ? .tenantInactive : .tenantRequired(naming: schema.tenancy?.naming ?? "")
    }

    /// Throws where the collection is of tenants and his own one is not active: so its members are told, instead of finding nothing there.
    func requireActiveTenant(of collection: Collection) throws(RecordError) {
        if isTenantInactive, collection.shape.tenant != nil { throw .tenantInactive }
    }
}
