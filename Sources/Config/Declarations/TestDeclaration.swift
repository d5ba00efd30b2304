package import JSON

/// `[[test]]`: a promise of the file about itself. In an empty site the rows of `given` are inserted in their order, the request is made
/// as somebody, and the answer is compared.
package struct TestDeclaration: Sendable {
    package enum Caller: Sendable {
        case anonymous
        /// A row of `given`, by its name.
        case row(Located<String>)
        /// A user with these fields, and as a member of a tenant with those.
        case user([Assignment], member: [Assignment])
    }
    /// A row that is there before. Its name stands for its reference in later values (`"= name"`) and for its id in paths (`{name}`).
    package struct Row: Sendable {
        package var at: Location
        package var collection: Located<String>
        package var name: Located<String>?
        package var set: [Assignment] = []

        package init(at: Location) {
            self.at = at
            collection = Located("", at: at)
        }
    }
    package struct Request: Sendable {
        package enum Method: String, Sendable, CaseIterable { case GET, HEAD, POST, PUT, PATCH, DELETE }
        package var method = Method.GET
        /// Below `/api/v1`, with a query where it has one.
        package var path = Located("/", at: Location(file: "", line: 1, column: 1))
        package var body: JSONValue?

        package init() {}
    }
    package struct Answer: Sendable {
        package var status = 200
        /// `error.code`
        package var code: String?
        /// Members that `data` must hold, others besides allowed.
        package var body: JSONValue?

        package init() {}
    }

    package var at: Location
    package var name: String?
    package var caller = Caller.anonymous
    package var given: [Row] = []
    package var request = Request()
    package var answer = Answer()

    package init(at: Location) {
        self.at = at
    }
}
