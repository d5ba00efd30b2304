/// `[queues.<name>]`
package struct QueueDeclaration: Sendable {
    package var name: String
    package var at: Location
    /// Jobs at the same time; 0 is one for each core.
    package var concurrency = 0
    package var attempts = 5
    /// The first delay; doubles, with jitter.
    package var backoff: Int64 = 1_000
    package var timeout: Int64 = 300_000
    package var keepDone: Int64 = 3_600_000
    package var keepFailed: Int64 = 7 * 86_400_000
    /// Starts of jobs; nil: no bound.
    package var rate: Rate?

    package init(name: String, at: Location) {
        self.name = name
        self.at = at
    }
}

/// `[jobs.<name>]`: work done outside Atlas, by a service or a program.
package struct JobDeclaration: Sendable {
    package enum Handler: Sendable {
        case http(HTTPHandler)
        case exec(ExecHandler)
    }
    /// Transitions of the record that the job fires.
    package struct States: Sendable {
        package var start: Located<String>?
        package var done: Located<String>?
        package var failed: Located<String>?
        package var cancelled: Located<String>?

        package init() {}
    }

    package var name: String
    package var at: Location
    /// Nil: `default`.
    package var queue: Located<String>?
    /// The collection whose records it works on.
    package var record: Located<String>?
    package var states = States()
    /// An int field of the record, 0 to 100.
    package var progress: Located<String>?
    /// What is written with `done`; `out` is what the handler answered.
    package var set: [Assignment] = []
    /// Of one try; nil: the queue's.
    package var timeout: Int64?
    package var handler: Handler

    package init(name: String, at: Location) {
        self.name = name
        self.at = at
        handler = .http(HTTPHandler())
    }
}

/// `[jobs.<name>.http]`
package struct HTTPHandler: Sendable {
    package enum Method: String, Sendable, CaseIterable { case POST, PUT, PATCH, GET, DELETE }
    package enum HeaderValue: Sendable {
        case value(Assignment.Source)
        case secret(Secret)
    }
    package enum Body: Sendable {
        case none
        case json([Assignment])
        case multipart([Assignment])
    }
    package var url = ""
    package var method = Method.POST
    package var headers: [(name: String, value: HeaderValue)] = []
    package var body = Body.none

    package init() {}
}

/// `[jobs.<name>.exec]`: a program in a sandbox, with a directory of its own.
package struct ExecHandler: Sendable {
    /// The program, by its absolute path, and its arguments.
    package var command: [String] = []
    /// Members of the object on its standard input.
    package var input: [Assignment] = []
    /// Media fields under the names of the files in its directory.
    package var files: [Assignment] = []
    /// Media fields of the record, and the files in its directory that become them.
    package var outputs: [(field: Located<String>, file: String)] = []
    /// Bytes.
    package var memory: Int64 = 512 << 20
    package var network = false

    package init() {}
}
