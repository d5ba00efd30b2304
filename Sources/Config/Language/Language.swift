/// The keys of the file, described once: what readers accept, what editors complete, what the example must show.
package struct KeyDescription: Sendable {
    package enum Kind: String, Sendable {
        case string, strings, expression, boolean, integer, number, duration, size, secret, literal, literals, table, tables
    }

    package var name: String
    package var kind: Kind
    /// As it would be written; nil where the default is "nothing".
    package var initial: String?
    /// One line for people.
    package var about: String
    package var allowed: [String]

    init(_ name: String, _ kind: Kind, _ initial: String? = nil, _ about: String, allowed: [String] = []) {
        self.name = name
        self.kind = kind
        self.initial = initial
        self.about = about
        self.allowed = allowed
    }
}

/// A table of the file. `path` has `*` where the operator chooses a name: `media.*.variants.*`.
package struct SectionDescription: Sendable {
    package var path: String
    package var about: String
    package var keys: [KeyDescription]

    init(_ path: String, _ about: String, _ keys: [KeyDescription]) {
        self.path = path
        self.about = about
        self.keys = keys
    }
}

package enum Language {
    /// The sections whose keys all have defaults, then those that the operator names.
    package static let sections = settings + [
        mediaKind, mediaVariant, queue, collection, allow, transition, check, softDelete, unique, field,
    ]

    static let settings: [SectionDescription] = [
        SectionDescription(
            "app", "the site",
            [
                KeyDescription("name", .string, "\"Atlas\"", "shown to people"),
                KeyDescription("base_url", .string, "\"http://127.0.0.1:8080\"", "where clients reach this server; the issuer of its tokens"),
                KeyDescription("locale", .string, "\"en\"", "BCP 47"),
                KeyDescription("timezone", .string, "\"UTC\"", "IANA zone of days and months"),
                KeyDescription("data_dir", .string, "\"data\"", "database and files; relative to this file"),
                KeyDescription("master_key", .secret, nil, "signs tokens; by default made as master.key in data_dir at the first start"),
            ]),
        SectionDescription(
            "server", "the HTTP listener and its limits",
            [
                KeyDescription("http", .strings, "\"127.0.0.1:8080\"", "host:port, or several; port 0 takes a free one"),
                KeyDescription("trusted_proxies", .strings, "[]", "networks whose X-Forwarded-For and x-request-id are believed"),
                KeyDescription("cors", .strings, "[]", "origins that browsers may call from"),
                KeyDescription("max_body", .size, "\"1MiB\"", "of every body but uploads"),
                KeyDescription("grace", .duration, "\"30s\"", "how long a stop waits for requests and jobs"),
                KeyDescription("threads", .integer, "0", "that serve; 0 is one for each core"),
                KeyDescription("header_timeout", .duration, "\"10s\"", "from connecting to a complete request head"),
                KeyDescription("body_timeout", .duration, "\"30s\"", "without a byte of the body"),
                KeyDescription("write_timeout", .duration, "\"30s\"", "without the client taking a byte"),
                KeyDescription("keepalive_timeout", .duration, "\"75s\"", "between two requests"),
                KeyDescription("keepalive_requests", .integer, "1000", "on one connection"),
                KeyDescription("keepalive_lifetime", .duration, "\"1h\"", "of one connection"),
                KeyDescription("max_header", .size, "\"16KiB\"", "of all headers together"),
                KeyDescription("max_header_fields", .integer, "100", "of one request"),
                KeyDescription("max_uri", .size, "\"8KiB\"", "of the request target"),
            ]),
        SectionDescription(
            "database", "where records live",
            [
                KeyDescription("url", .string, "\"sqlite:atlas.db\"", "relative to data_dir"),
                KeyDescription("durability", .string, "\"full\"", "full: a 2xx survives a power cut; normal: may lose the last moments", allowed: ["full", "normal"]),
                KeyDescription("readers", .integer, "0", "threads for long reads; 0 is one for each core"),
            ]),
        SectionDescription(
            "storage", "where files live",
            [
                KeyDescription("driver", .string, "\"local\"", "files in a directory", allowed: ["local"]),
                KeyDescription("dir", .string, "\"files\"", "relative to data_dir"),
            ]),
        SectionDescription(
            "log", "what is written about the work",
            [
                KeyDescription("level", .string, "\"info\"", "and everything graver", allowed: ["debug", "info", "warning", "error"]),
                KeyDescription("format", .string, "\"auto\"", "auto: text on a terminal, JSON lines otherwise", allowed: ["auto", "text", "json"]),
                KeyDescription("access", .boolean, "true", "one line for each request"),
            ]),
        SectionDescription(
            "auth", "accounts",
            [
                KeyDescription("signup", .string, "\"open\"", "open: anybody may make an account; closed: only the command line", allowed: ["open", "closed"]),
                KeyDescription("active_when", .expression, nil, "a condition over the user; false closes the account"),
                KeyDescription("access_ttl", .duration, "\"15m\"", "of an access token"),
                KeyDescription("refresh_ttl", .duration, "\"30d\"", "of a session without use"),
                KeyDescription("refresh_grace", .duration, "\"60s\"", "in which a spent refresh token may be retried"),
                KeyDescription("password", .table, nil, "see below"),
            ]),
        SectionDescription(
            "auth.password", "what a password must be",
            [
                KeyDescription("min", .integer, "8", "characters"),
                KeyDescription("max", .integer, "256", "characters"),
                KeyDescription("lockout", .integer, "5", "failures before the account is closed for the rest of the window"),
                KeyDescription("lockout_window", .duration, "\"15m\"", "in which failures are counted"),
            ]),
    ]

    static let mediaKind = SectionDescription(
        "media.*", "a kind of file that may be uploaded",
        [
            KeyDescription("accept", .strings, #"["image/jpeg", "image/png", "image/webp"]"#, "MIME types, decided by content"),
            KeyDescription("max", .size, "\"10MB\"", "of one file"),
            KeyDescription("visibility", .string, "\"public\"", "public: under an immutable URL; private: not available yet", allowed: ["public", "private"]),
            KeyDescription("allow", .expression, nil, "who may upload it; nobody unless written"),
            KeyDescription("variants", .tables, nil, "see below"),
        ])

    static let mediaVariant = SectionDescription(
        "media.*.variants.*", "a form that is made of every image",
        [
            KeyDescription("format", .string, "\"webp\"", "of the result", allowed: ["webp", "avif", "jpeg", "png"]),
            KeyDescription("quality", .integer, "80", "1 to 100"),
            KeyDescription("fit", .string, "\"inside\"", "inside: whole within size; cover: fills size; contain: padded to size", allowed: ["inside", "cover", "contain"]),
            KeyDescription("size", .literal, nil, "a width, or [width, height]; never enlarged; the original's size unless written"),
            KeyDescription("optional", .boolean, "false", "left out, not failed, where the encoder is missing"),
        ])

    static let queue = SectionDescription(
        "queues.*", "how the jobs of a queue run",
        [
            KeyDescription("concurrency", .integer, "0", "jobs at the same time; 0 is one for each core"),
            KeyDescription("attempts", .integer, "5", "before a job is dead"),
            KeyDescription("backoff", .duration, "\"1s\"", "the first delay; doubles, with jitter"),
            KeyDescription("timeout", .duration, "\"5m\"", "of one attempt"),
            KeyDescription("keep_done", .duration, "\"1h\"", "how long a finished job is remembered"),
            KeyDescription("keep_failed", .duration, "\"7d\"", "how long a dead job is remembered"),
        ])

    static let collection = SectionDescription(
        "collections.*", "records of one kind",
        [
            KeyDescription("path", .string, nil, "URL segments; the collection's name unless written"),
            KeyDescription("lookup", .string, nil, "a unique field that also names a record in URLs"),
            KeyDescription("label", .string, nil, "how a record is called: \"{title}\""),
            KeyDescription("soft_delete", .literal, "false", "a deletion hides; true, or a table with `retain`"),
            KeyDescription("unique", .literal, "[]", "keys of several fields: [[\"author\", \"slug\"]]"),
            KeyDescription("indexes", .literal, "[]", "lists of fields, - for descending: [[\"status\", \"-created_at\"]]"),
            KeyDescription("sort", .strings, "[]", "fields that ?sort= may name besides id, created_at, updated_at"),
            KeyDescription("order", .strings, "\"-created_at\"", "of lists"),
            KeyDescription("expand", .strings, "[]", "references that answers hold without being asked"),
            KeyDescription("card", .strings, "[]", "what a stranger sees of a record that another one refers to"),
            KeyDescription("filters", .table, nil, "named conditions with $ for the query's value"),
            KeyDescription("checks", .tables, nil, "conditions on the result of a write"),
            KeyDescription("allow", .table, nil, "who may do what; what is not written is refused"),
            KeyDescription("transitions", .tables, nil, "of the field of type state"),
            KeyDescription("fields", .tables, nil, "in their order"),
        ])

    static let allow = SectionDescription(
        "collections.*.allow", "conditions over the record and the caller",
        ["read", "list", "create", "update", "delete", "restore"].map { KeyDescription($0, .expression, nil, "who may \($0)") })

    static let transition = SectionDescription(
        "collections.*.transitions.*", "a way from one state to another",
        [
            KeyDescription("from", .strings, nil, "the states where it starts"),
            KeyDescription("to", .string, nil, "the state where it ends"),
            KeyDescription("allow", .expression, nil, "who may fire it"),
            KeyDescription("set", .literals, nil, "values that it sets; \"= …\" is an expression"),
            KeyDescription("input", .tables, nil, "fields of its body"),
            KeyDescription("checks", .tables, nil, "conditions on the result"),
            KeyDescription("by", .string, "\"client\"", "job: no client may fire it", allowed: ["client", "job"]),
        ])

    static let check = SectionDescription(
        "collections.*.checks", "a condition on the result of a write",
        [
            KeyDescription("rule", .expression, nil, "what must hold"),
            KeyDescription("message", .string, nil, "what the client is told otherwise"),
            KeyDescription("on", .strings, #"["create", "update"]"#, "create, update, delete"),
            KeyDescription("status", .integer, "400", "400, 402 or 409"),
        ])

    static let softDelete = SectionDescription(
        "collections.*.soft_delete", "deletion that hides",
        [
            KeyDescription("set", .literals, nil, "values that a deletion sets"),
            KeyDescription("retain", .duration, nil, "after which a hidden record goes for good; kept unless written"),
        ])

    static let unique = SectionDescription(
        "collections.*.unique", "a key of several fields",
        [
            KeyDescription("fields", .strings, nil, "their names"),
            KeyDescription("when", .expression, nil, "the records that it binds"),
        ])

    static let field = SectionDescription(
        "collections.*.fields.*", "a field: its type, or a table",
        [
            KeyDescription("type", .string, nil, "what it holds", allowed: FieldDeclaration.Kind.allCases.map(\.rawValue)),
            KeyDescription("to", .string, nil, "ref, refs: the collection"),
            KeyDescription("values", .strings, nil, "enum, state: what it can be"),
            KeyDescription("from", .string, nil, "slug: the field that it is made of"),
            KeyDescription("kind", .string, nil, "media: which kind"),
            KeyDescription("required", .boolean, "false", "never null"),
            KeyDescription("unique", .boolean, "false", "no two live records share a value"),
            KeyDescription("index", .boolean, "false", "quick to filter by"),
            KeyDescription("immutable", .boolean, "false", "sent at creation only"),
            KeyDescription("readonly", .boolean, "false", "set by transitions and jobs only"),
            KeyDescription("private", .boolean, "false", "never leaves the server"),
            KeyDescription("filter", .boolean, "false", "range operators in queries"),
            KeyDescription("min", .number, nil, "of a number, or of a text's length"),
            KeyDescription("max", .number, nil, "of a number, or of a text's length; a string has 255"),
            KeyDescription("default", .literal, nil, "unless the client sends another"),
            KeyDescription("stamp", .expression, nil, "set by the server at creation"),
            KeyDescription("compute", .expression, nil, "kept true by the server"),
            KeyDescription("read", .expression, nil, "who sees it"),
            KeyDescription("write", .expression, nil, "who may set it"),
            KeyDescription("on_delete", .string, "\"refuse\"", "ref: what becomes of this record with its target", allowed: ["refuse", "cascade", "null"]),
            KeyDescription("as", .string, nil, "ref: the name of the back-reference"),
            KeyDescription("was", .string, nil, "its name before"),
            KeyDescription("label", .string, nil, "for people"),
            KeyDescription("help", .string, nil, "for people"),
        ])

    /// Top-level tables of the design that this version does not have.
    static let notYet: Set<String> = [
        "tls", "cache", "queue", "tenancy", "traits", "on", "jobs", "schedules", "mail", "sms", "notify", "webhooks", "exports",
        "documents", "views", "search", "realtime", "backoffice", "audit", "backup", "metrics", "alerts",
    ]
    static let topLevel: Set<String> = ["include", "app", "server", "database", "storage", "log", "auth", "media", "rules", "queues", "collections"]
}
