import Text

/// `[queues]`, `[jobs]`
extension Language {
    static let queues = Form<[QueueDeclaration]>.byName("queue", shape: queue.shape) { member, reading in
        Form.table(queue) { _ in QueueDeclaration(name: member.name, at: member.at) }.read(member.node, reading)
    }

    static let queue = Section<QueueDeclaration>(keys: [
        Key("concurrency", .integer(0...1_000), \.concurrency, initial: "0", "jobs at the same time; 0 is one for each core"),
        Key("attempts", .integer(1...1_000), \.attempts, initial: "5", "tries before a job has failed"),
        Key("backoff", .duration(), \.backoff, initial: "\"1s\"", "delay before the second try; doubles, with jitter"),
        Key("timeout", .duration(), \.timeout, initial: "\"5m\"", "how long one try may take"),
        Key("keep_done", .duration(atLeast: 0), \.keepDone, initial: "\"1h\"", "how long done jobs are kept"),
        Key("keep_failed", .duration(atLeast: 0), \.keepFailed, initial: "\"7d\"", "how long failed jobs are kept"),
        Key("rate", .rate, \.rate, "most starts in a time, such as `\"10/s\"`").notInForce,
    ])

    static let jobs = Form<[JobDeclaration]>.byName("job", shape: job.shape) { member, reading in
        Form.table(job) { _ in JobDeclaration(name: member.name, at: member.at) }.read(member.node, reading)
    }

    static let job = Section<JobDeclaration>(
        keys: [
            Key("queue", .reference("queue", in: "queues") { $0.queues }, \.queue, "where it waits; `default` unless said"),
            Key("record", .collection, \.record, "the collection whose records it works on"),
            Key("states", states, \.states, "transitions that it fires: those of the record that have `by = \"job\"`"),
            Key("progress", name("field name"), \.progress, "an int field that it keeps, 0 to 100"),
            Key("set", assignments, \.set, "what is written with `done`; `out` is the handler's answer"),
            Key("timeout", .duration(), \.timeout, "of one try; the queue's unless said"),
            Key("http", http, \.http, "a service that does it"),
            Key("exec", exec, \.exec, "a program that does it, in a sandbox").notInForce,
        ], check: checkJob)

    private static let states = Section<JobDeclaration.States>(keys: [
        Key("start", name("transition"), \.start, "when it begins"),
        Key("done", name("transition"), \.done, "with its results"),
        Key("failed", name("transition"), \.failed, "after its last try"),
        Key("cancelled", name("transition"), \.cancelled, "what ends it from outside"),
    ])

    @Sendable private static func checkJob(_ job: inout JobDeclaration, _ table: TOMLTable, _ reading: Reading) {
        _ = only(["http", "exec"], of: table, at: job.at, length: job.name.count, reading)
        guard let record = job.record?.value else {
            for name in ["states", "progress", "set"] {
                guard let member = table[name] else { continue }
                reading.report("'\(name)' needs 'record'", key: member, suggestion: "say whose records the job works on")
            }
            return
        }
        if let progress = job.progress { check(progress, isFieldOf: record, reading) }
        let transitions = reading.names.transitions(of: record)
        for state in [job.states.start, job.states.done, job.states.failed, job.states.cancelled] {
            guard let state, reading.names.collections.contains(record), !transitions.contains(state.value) else { continue }
            let known = transitions.isEmpty ? "it has none" : "known here: \(transitions.joined(separator: ", "))"
            reading.report(
                Fault(
                    "'\(record)' has no transition '\(state.value)'", at: state.at, length: state.value.count,
                    suggestion: NearestName.phrase(for: state.value, among: transitions) ?? known))
        }
    }

    /// Reports a field that a declared collection does not have.
    static func check(_ field: Located<String>, isFieldOf collection: String, _ reading: Reading) {
        guard let fields = reading.names.fields(of: collection), !fields.contains(field.value) else { return }
        reading.report(
            Fault(
                "'\(collection)' has no field '\(field.value)'", at: field.at, length: max(1, field.value.count),
                suggestion: Form<Located<String>>.unknown(field.value, among: fields, section: "collections.\(collection).fields")))
    }

    private static let http = Section<HTTPHandler>(
        keys: [
            Key("url", .url, \.url, isRequired: true, "where the job is sent"),
            Key("method", .choice(), \.method, initial: "\"POST\"", "how"),
            Key("headers", headers, \.headers, "besides those of the body; secrets as `env:NAME`"),
            Key("json", values("member"), \.json, "the body, as an object: literals, or `\"= expression\"`"),
            Key("multipart", values("part"), \.multipart, "or as a form; a media field is a file"),
        ]
    ) { _, table, reading in
        guard table["json"] != nil, let multipart = table["multipart"] else { return }
        reading.report("'json' and 'multipart' exclude each other", key: multipart, suggestion: "there is one body")
    }

    private static let headers = Form<[(name: String, value: HTTPHandler.HeaderValue)]>.byKey("header", shape: .literal) {
        member, reading in
        let token = member.name.utf8.allSatisfy { Ascii.isLetter($0) || Ascii.isDigit($0) || "!#$%&'*+-.^_`|~".utf8.contains($0) }
        if !token { reading.report("'\(member.name)' is no name of a header", key: member) }
        let text = member.node.string ?? ""
        let soundsSecret = Masking.soundsSecret(member.name) || ["authorization", "cookie"].contains(member.name.lowercased())
        if Reference(text) != nil || soundsSecret && !text.hasPrefix("= ") {
            return Form<Secret>.secret.read(member.node, reading).map { (member.name, .secret($0)) }
        }
        return value(member, reading).map { (member.name, .value($0.source)) }
    }

    private static let exec = Section<ExecHandler>(
        keys: [
            Key("cmd", .list(.text()), \.command, isRequired: true, "the program, by its absolute path, and its arguments"),
            Key("stdin", values("member"), \.input, "a JSON object on its standard input"),
            Key("files", values("file"), \.files, "media fields by the names of files in its directory"),
            Key("outputs", outputs, \.outputs, "files in its directory by the media fields that they become"),
            Key("memory", .size, \.memory, initial: "\"512MiB\"", "most that it may take"),
            Key("network", .bool, \.network, initial: "false", "whether it may open connections"),
        ]
    ) { exec, table, reading in
        guard let member = table["cmd"], let program = member.node.array?.first ?? (member.node.array != nil ? member.node : nil) else {
            return
        }
        guard exec.command.first?.hasPrefix("/") != true, program.string.flatMap({ Reference($0) }) == nil else { return }
        reading.report("the program is named by its absolute path", program, suggestion: "write cmd = [\"/usr/local/bin/…\"]")
    }

    private static let outputs = Form<[(field: Located<String>, file: String)]>.byName("field", shape: Form<String>.text().shape) {
        member, reading in
        guard let file = Form<String>.text().read(member.node, reading) else { return nil }
        guard !file.contains("/"), file != "..", file != "." else {
            reading.report("an output is a file in the program's own directory", member.node, suggestion: "a name without slashes")
            return nil
        }
        return (Located(member.name, at: member.at), file)
    }
}

extension JobDeclaration {
    fileprivate var http: HTTPHandler {
        get { if case .http(let handler) = handler { handler } else { HTTPHandler() } }
        set { handler = .http(newValue) }
    }

    fileprivate var exec: ExecHandler {
        get { if case .exec(let handler) = handler { handler } else { ExecHandler() } }
        set { handler = .exec(newValue) }
    }
}

extension HTTPHandler {
    fileprivate var json: [Assignment] {
        get { if case .json(let members) = body { members } else { [] } }
        set { body = .json(newValue) }
    }

    fileprivate var multipart: [Assignment] {
        get { if case .multipart(let parts) = body { parts } else { [] } }
        set { body = .multipart(newValue) }
    }
}
