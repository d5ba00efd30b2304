/// The whole file: `Language.file` is what reading, the reference, the JSON Schema and the check of the example are drawn from.
enum Language {
    static let file = Section<Configuration>(
        keys: [
            Key(
                "include", .list(.text("path or glob", example: "\"collections/*.toml\"")), initial: "[]",
                "more files, relative to this one; globs; a table stands in one file only"),
            Key("app", app, \.app, "what the site is called and where its data lies"),
            Key("server", server, \.server, "where it listens, and its limits"),
            Key("tls", tls, \.tls, "certificates, made or read").notInForce,
            Key("database", database, \.database, "where records are kept"),
            Key("cache", cacheStore, \.cache, "where answers are kept").notInForce,
            Key("queue", queueStore, \.queue, "where jobs are kept").notInForce,
            Key("storage", storage, \.storage, "where uploaded files are kept"),
            Key("log", log, \.log, "what is written to standard output"),
            Key("auth", auth, \.auth, "accounts, sessions and passwords"),
            Key("tenancy", tenancy, \.tenancy, "many organisations in one site"),
            Key("media", mediaKinds, \.media, "kinds of files and what is made of them"),
            Key("rules", rules, \.rules, "named conditions, usable as bare words in every expression"),
            Key(
                "traits", checking: traits, "parts of a collection that several share, named in their `traits`; they join its tables"),
            Key("collections", collectionsWithTraits, \.collections, "records: fields, rights, states"),
            Key("on", on, \.on, initial: "[]", "what follows when something happens"),
            Key("queues", queues, \.queues, "how background work is done"),
            Key("jobs", jobs, \.jobs, "work done by services and programs"),
            Key("schedules", schedules, \.schedules, "what is done by the clock"),
            Key("mail", mail, \.mail, "how mail leaves"),
            Key("sms", sms, \.sms, "how SMS leave"),
            Key("notify", notices, \.notices, "messages to people"),
            Key("webhooks", webhooks, \.webhooks, "messages to programs"),
            Key("exports", exports, \.exports, "collections as files").notInForce,
            Key("documents", documents, \.documents, "records as PDF").notInForce,
            Key("views", views, \.views, "questions with paths of their own, and figures"),
            Key("search", search, \.search, "one question to several collections"),
            Key("realtime", realtime, \.realtime, "what clients hear of as it happens"),
            Key("backoffice", backoffice, \.backoffice, "the pages of the staff").notInForce,
            Key("audit", audit, \.audit, "who changed what"),
            Key("backup", backup, \.backup, "copies of everything").notInForce,
            Key("metrics", metrics, \.metrics, "what can be measured from outside").notInForce,
            Key("alerts", alerts, \.alerts, "what somebody must be told").notInForce,
            Key("test", tests, \.tests, initial: "[]", "promises of the file about itself, kept or broken by `atlas test`"),
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
}
