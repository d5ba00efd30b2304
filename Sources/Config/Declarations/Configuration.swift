/// The whole of `atlas.toml` after reading, validation and overrides: what the operator asked for, with every default filled in.
package struct Configuration: Sendable {
    package var app = App()
    package var server = Server()
    package var tls = TLSSettings()
    package var database = Database()
    package var cache = CacheSettings()
    package var queue = QueueStoreSettings()
    package var storage = Storage()
    package var auth = Auth()
    /// Nil: the site has no tenants.
    package var tenancy: TenancyDeclaration?
    package var mail = MailSettings()
    package var sms = SMSSettings()
    package var search = SearchSettings()
    package var realtime = RealtimeSettings()
    package var backoffice = BackofficeSettings()
    package var audit = AuditSettings()
    package var backup = BackupSettings()
    package var metrics = MetricsSettings()
    package var alerts = AlertSettings()
    package var log = Log()
    /// In the order of the file, like everything that is a list here.
    package var media: [MediaKind] = []
    package var rules: [NamedRule] = []
    package var collections: [CollectionDeclaration] = []
    package var on: [EventDeclaration] = []
    package var queues: [QueueDeclaration] = []
    package var jobs: [JobDeclaration] = []
    package var schedules: [ScheduleDeclaration] = []
    package var notices: [NoticeDeclaration] = []
    package var webhooks: [WebhookDeclaration] = []
    package var exports: [ExportDeclaration] = []
    package var documents: [DocumentDeclaration] = []
    package var views: [ViewDeclaration] = []
    package var tests: [TestDeclaration] = []
    /// The file named on the command line; "" for an empty configuration.
    package var file = ""
    /// What was written and nothing acts on in this version, in the order of the file.
    package var notInForce: [NotInForce] = []
    /// Of each section what it says, wherever it stands and with its traits and overrides: equal numbers within one process mean equal sections.
    package var fingerprints: [String: Int] = [:]

    package init() {}
}

/// `[app]`
package struct App: Sendable {
    package var name = "Atlas"
    package var baseURL = "http://127.0.0.1:8080"
    /// Where people read: pages and links in messages. Nil: at `baseURL`.
    package var siteURL: String?
    /// The same, without a slash at its end.
    package var site: String {
        let address = siteURL ?? baseURL
        return address.hasSuffix("/") ? String(address.dropLast()) : address
    }
    /// BCP 47.
    package var locale = "en"
    /// IANA zone.
    package var timezone = "UTC"
    /// Absolute after loading; relative paths start at the file that names them.
    package var dataDirectory = "data"
    /// Seals secrets and signs tokens. Nil: made at first start as `master.key` in the data directory.
    package var masterKey: Secret?

    package init() {}
}

/// `[log]`
package struct Log: Sendable {
    package enum Level: String, Sendable, CaseIterable { case debug, info, warning, error }
    package var level = Level.info
    package enum Format: String, Sendable, CaseIterable { case auto, text, json }
    /// `auto`: text on a terminal, JSON lines otherwise.
    package var format = Format.auto
    /// One JSON line for each request on standard output.
    package var access = true

    package init() {}
}

/// `[rules] <name> = "<condition>"`
package struct NamedRule: Sendable {
    package var name: String
    package var condition: Located<String>

    package init(name: String, condition: Located<String>) {
        self.name = name
        self.condition = condition
    }
}
