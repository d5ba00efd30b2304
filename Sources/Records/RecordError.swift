/// One thing wrong with a body or query, at its place: `items[1].quantity`.
package struct FieldFault: Error, Sendable, Equatable {
    package var path: String
    /// A stable word for programs: `required`, `unknown`, `type`, `min`, `max`, `format`, `reference` …
    package var code: String
    /// A sentence for people.
    package var message: String

    package init(path: String, code: String, message: String) {
        self.path = path
        self.code = code
        self.message = message
    }
}

/// Why a request is refused. HTTPAPI turns each into a status and a code of 04-api, in one place.
package enum RecordError: Error, Sendable, Equatable {
    /// 400: everything wrong with the body or query, at once.
    case invalid([FieldFault])
    /// 400: a tenant's collection, and nothing says which tenant. `naming` is what requests name it by (`Tenancy.naming`).
    case tenantRequired(naming: String)
    /// 403: the tenant is not active, and the caller is one of its members (11-precisions 54).
    case tenantInactive
    /// 400: a code or token that is wrong, spent or expired.
    case invalidCode(String)
    /// 401: an anonymous caller's refused write, or a read that no anonymous caller can ever make.
    case unauthenticated
    /// 403
    case forbidden(String)
    /// 403: fields that this caller may not write.
    case fieldsForbidden([FieldFault])
    /// 404: absent or not readable, indistinguishably.
    case notFound
    /// 409: other records have these keys already, each by the names of its fields.
    case conflict([[String]])
    /// 409: the state changes by its transitions alone, and not from where it is.
    case invalidTransition(String)
    /// 409: other records still refer to it.
    case inUse(String)
    /// 409: the `Idempotency-Key` came with another body before.
    case repeatedDifferently
    /// 412: `If-Match` names another version.
    case versionMismatch
    /// The status that the check declares: 400, 402 or 409.
    case checkFailed(status: Int, message: String)
}
