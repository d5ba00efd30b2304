/// The whole file: `Language.file` is what reading, the reference, the JSON Schema and the check of the example are drawn from.
enum Language {
    static let file = Section<Configuration>(
        keys: [
            Key(
                "include", .list(.text("path or glob", example: "\"collections/*.toml\"")), initial: "[]",
                "more files, relative to this one; globs; a table stands in one file only"),
            Key("app", app, \.app, "what the site is called and where its data lies"),
            Key("server", server, \.server, "where it listens, and its limits"),
            Key("database", database, \.database, "where records are kept"),
            Key("storage", storage, \.storage, "where uploaded files are kept"),
            Key("log", log, \.log, "what is written to standard output"),
            Key("auth", auth, \.auth, "accounts, sessions and passwords"),
            Key("media", mediaKinds, \.media, "kinds of files and what is made of them"),
            Key("rules", rules, \.rules, "named conditions, usable as bare words in every expression"),
            Key("queues", queues, \.queues, "how background work is done"),
            Key(
                "traits", checking: traits, "parts of a collection that several share, named in their `traits`; they join its tables"),
            Key("collections", collectionsWithTraits, \.collections, "records: fields, rights, states"),
        ],
        later: [
            "tls", "cache", "queue", "tenancy", "on", "jobs", "schedules", "mail", "sms", "notify", "webhooks", "exports",
            "documents", "views", "search", "realtime", "backoffice", "audit", "backup", "metrics", "alerts",
        ])

    /// Traits are put into the collections before these are read: here their names are checked.
    private static let traits = Form<[Void]>.byName("trait", shape: collection.shape) { member, reading in
        if member.node.table == nil {
            reading.report("a table is expected here, not \(member.node.kind)", member.node, suggestion: "write [traits.\(member.name)]")
        }
        return ()
    }

    private static let collectionsWithTraits = Form(
        shape: .named("collection", .table([traitsOfCollection] + collection.keys.map(\.description))), read: collections.read)

    private static let traitsOfCollection = KeyDescription(
        name: "traits", shape: .list(Form<String>.name("trait").shape), initial: "[]",
        doc: "parts that stand in `[traits]`; `allow` here holds over theirs, nothing else may stand twice")

    static let rules = Form<[NamedRule]>.byName("rule", isWord: true, shape: Form<Located<String>>.expression.shape) { member, reading in
        Form<Located<String>>.expression.read(member.node, reading).map { NamedRule(name: member.name, condition: $0) }
    }

    static let queues = Form<[QueueDeclaration]>.byName("queue", shape: queue.shape) { member, reading in
        Form.table(queue) { _ in QueueDeclaration(name: member.name, at: member.at) }.read(member.node, reading)
    }

    static let queue = Section<QueueDeclaration>(
        keys: [
            Key("concurrency", .integer(0...1_000), \.concurrency, initial: "0", "jobs at the same time; 0 is one for each core"),
            Key("attempts", .integer(1...1_000), \.attempts, initial: "5", "tries before a job has failed"),
            Key("backoff", .duration(), \.backoff, initial: "\"1s\"", "delay before the second try; doubles, with jitter"),
            Key("timeout", .duration(), \.timeout, initial: "\"5m\"", "how long one try may take"),
            Key("keep_done", .duration(atLeast: 0), \.keepDone, initial: "\"1h\"", "how long done jobs are kept"),
            Key("keep_failed", .duration(atLeast: 0), \.keepFailed, initial: "\"7d\"", "how long failed jobs are kept"),
        ], later: ["rate"])
}
