/// The whole of `atlas.toml` after reading, validation and overrides: what the operator asked for, with every default filled in.
package struct Configuration: Sendable {
    package var app = App()
    package var server = Server()
    package var database = Database()
    package var storage = Storage()
    package var auth = Auth()
    package var log = Log()
    /// In the order of the file, like everything that is a list here.
    package var media: [MediaKind] = []
    package var rules: [NamedRule] = []
    package var collections: [CollectionDeclaration] = []
    package var queues: [QueueDeclaration] = []
    /// The file named on the command line; "" for an empty configuration.
    package var file = ""

    package init() {}
}

/// `[app]`
package struct App: Sendable {
    package var name = "Atlas"
    package var baseURL = "http://127.0.0.1:8080"
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

/// `[server]` with the limits of 07-edge.
package struct Server: Sendable {
    /// `host:port`; port 0 takes a free one.
    package var http: [String] = ["127.0.0.1:8080"]
    /// CIDR ranges whose `X-Forwarded-For` and request ids are believed.
    package var trustedProxies: [String] = []
    /// Origins that browsers may call from.
    package var cors: [String] = []
    /// Bytes; every body but uploads.
    package var maxBody: Int64 = 1 << 20
    /// How long a stop waits for requests and jobs. Durations are milliseconds throughout.
    package var grace: Int64 = 30_000
    package var headerTimeout: Int64 = 10_000
    package var bodyTimeout: Int64 = 30_000
    package var writeTimeout: Int64 = 30_000
    package var keepAliveTimeout: Int64 = 75_000
    package var keepAliveRequests = 1_000
    package var keepAliveLifetime: Int64 = 3_600_000
    /// Bytes.
    package var maxHeader = 16 << 10
    package var maxHeaderFields = 100
    /// Bytes.
    package var maxURI = 8 << 10
    /// Threads that serve; 0 is one for each core.
    package var threads = 0

    package init() {}
}

/// `[database]`
package struct Database: Sendable {
    /// `sqlite:<file>`, in `app.data_dir` when relative.
    package var url = "sqlite:atlas.db"
    package enum Durability: String, Sendable, CaseIterable { case full, normal }
    package var durability = Durability.full
    /// Threads for scans and counts; 0 is one for each core.
    package var readers = 0

    package init() {}
}

/// `[storage]`
package struct Storage: Sendable {
    package enum Driver: String, Sendable, CaseIterable { case local }
    package var driver = Driver.local
    /// In `app.data_dir` when relative.
    package var directory = "files"

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

/// `[auth]`
package struct Auth: Sendable {
    package enum Signup: String, Sendable, CaseIterable { case open, closed }
    package var signup = Signup.open
    /// A condition over the user; false closes the account (403 `ACCOUNT_INACTIVE`).
    package var activeWhen: Located<String>?
    package var accessTTL: Int64 = 15 * 60_000
    package var refreshTTL: Int64 = 30 * 86_400_000
    package var refreshGrace: Int64 = 60_000
    /// Characters.
    package var passwordMinimum = 8
    package var passwordMaximum = 256
    /// Failures in `passwordLockoutWindow` before the account is closed for the rest of it.
    package var passwordLockout = 5
    package var passwordLockoutWindow: Int64 = 15 * 60_000

    package init() {}
}

/// `[media.<kind>]`
package struct MediaKind: Sendable {
    package var name: String
    package var at: Location
    /// MIME types, decided by content.
    package var accept: [String] = ["image/jpeg", "image/png", "image/webp"]
    /// Bytes.
    package var max: Int64 = 10_000_000
    package enum Visibility: String, Sendable, CaseIterable { case `public`, `private` }
    package var visibility = Visibility.public
    /// Who may upload it by itself; nil: only inside a record's multipart.
    package var allow: Located<String>?
    package var variants: [MediaVariant] = []

    package init(name: String, at: Location) {
        self.name = name
        self.at = at
    }
}

/// `[media.<kind>.variants] <name> = { … }`
package struct MediaVariant: Sendable, Hashable {
    package enum Format: String, Sendable, CaseIterable { case webp, avif, jpeg, png }
    package enum Fit: String, Sendable, CaseIterable { case inside, cover, contain }
    package var name: String
    package var format = Format.webp
    /// 1 to 100.
    package var quality = 80
    package var fit = Fit.inside
    /// Pixels; nil keeps the size of the original. Never enlarged.
    package var width: Int?
    package var height: Int?
    /// Left out, not failed, when the encoder is missing.
    package var optional = false

    package init(name: String) {
        self.name = name
    }
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

    package init(name: String, at: Location) {
        self.name = name
        self.at = at
    }
}
