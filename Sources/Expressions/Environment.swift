/// Everything outside the rows that an expression may ask: who calls, when, with what.
package struct Environment: Sendable {
    /// The caller's own row in `users`; nil for an anonymous caller.
    package var me: Row?
    /// The caller's row in the collection of members, for the tenant asked about; nil where he is none.
    package var member: Row?
    /// The tenant asked about.
    package var tenant: Row?
    /// The row that a view is about.
    package var given: Row?
    /// Whom a message goes to.
    package var to: Row?
    /// The record before the change, and the record of an event, where the expression's own row is another.
    package var old: Row?
    package var new: Row?
    /// Milliseconds since 1970 (UTC).
    package var now: Int64
    package var request: RequestFacts
    /// The values of `input.<name>`; a decimal has the scale that its type declares.
    package var input: [String: Value]
    /// The values of `Scope.names`.
    package var names: [String: Value]
    /// The answer of a job, as JSON.
    package var out: String?
    /// The value of `$` in a declared filter.
    package var filterValue: Value
    /// Draws a text of that many characters (1 to 256) for `random`.
    package var random: (@Sendable (Int) -> String)?
    /// Writes `date`, `time` (of a moment, or a date) and `money` (an amount, a currency) in the locale of the one who reads.
    package var format: (@Sendable (Format) -> String)?

    package enum Format: Sendable, Hashable {
        case date(Value)
        case time(Value)
        case money(Value, currency: String)
    }

    package init(
        me: Row? = nil, member: Row? = nil, tenant: Row? = nil, given: Row? = nil, to: Row? = nil, old: Row? = nil, new: Row? = nil,
        now: Int64 = 0,
        request: RequestFacts = RequestFacts(), input: [String: Value] = [:], names: [String: Value] = [:], out: String? = nil,
        filterValue: Value = .null, random: (@Sendable (Int) -> String)? = nil, format: (@Sendable (Format) -> String)? = nil
    ) {
        self.me = me
        self.member = member
        self.tenant = tenant
        self.given = given
        self.to = to
        self.old = old
        self.new = new
        self.names = names
        self.out = out
        self.now = now
        self.request = request
        self.input = input
        self.filterValue = filterValue
        self.random = random
        self.format = format
    }
}

package struct RequestFacts: Sendable, Hashable {
    package var ip: String
    package var method: String
    package var userAgent: String

    package init(ip: String = "", method: String = "", userAgent: String = "") {
        self.ip = ip
        self.method = method
        self.userAgent = userAgent
    }
}

/// Where the evaluator finds rows other than the one it was given. Sees live rows only, as the system sees them (11-precisions 5).
package protocol RowSource {
    /// The live row with that id, or nil.
    func row(in collection: String, id: String) throws -> Row?
    /// The single value of a statement that the SQL generator made for this store's dialect.
    func value(of query: SQLQuery) throws -> Value
    /// The dialect that `value(of:)` speaks.
    var dialect: SQLDialect { get }
}
