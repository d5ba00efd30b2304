/// `[server]` with the limits of 07-edge.
package struct Server: Sendable {
    /// `host:port`; port 0 takes a free one.
    package var http: [String] = ["127.0.0.1:8080"]
    package var https: [String] = []
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
    /// How long an anonymous answer is kept; 0 not at all.
    package var microcache: Int64 = 0
    package var compress = true
    package var staticFiles: StaticFiles?
    /// In the order in which they are asked.
    package var proxies: [ProxyDeclaration] = []
    /// Private ranges that URLs from data may reach.
    package var allowPrivate: [String] = []
    package var limits: [LimitDeclaration] = []
    /// Threads that serve; 0 is one for each core.
    package var threads = 0

    package init() {}
}

/// `server.static`: the files of a front end.
package struct StaticFiles: Sendable {
    /// Absolute.
    package var directory = ""
    /// What is served where no file is, such as `index.html`; in `directory`.
    package var fallback: String?

    package init() {}
}

/// `[[server.proxy]]`: what Atlas itself does not route goes to a server beside it.
package struct ProxyDeclaration: Sendable {
    package var at: Location
    /// Nil: any host.
    package var host: String?
    /// The beginning of the paths that go there.
    package var path = "/"
    /// Upstreams; at least one.
    package var to: [String] = []
    /// A path that says whether an upstream is well.
    package var health: String?

    package init(at: Location) {
        self.at = at
    }
}

/// `[tls]`
package struct TLSSettings: Sendable {
    package enum Mode: String, Sendable, CaseIterable { case off, acme, files }
    package enum Challenge: String, Sendable, CaseIterable {
        case http = "http-01"
        case alpn = "tls-alpn-01"
    }
    package var mode = Mode.off
    package var domains: [String] = []
    package var email: String?
    /// Of the authority, and of the one that is asked when it fails.
    package var directory = "https://acme-v02.api.letsencrypt.org/directory"
    package var fallback: String?
    package var externalAccount: ExternalAccount?
    package var profile: String?
    package var challenges: [Challenge] = [.http, .alpn]
    /// `files`: absolute paths.
    package var certificate: String?
    package var key: String?
    /// Milliseconds; 0 sends none.
    package var hsts: Int64 = 31_536_000_000

    package init() {}
}

/// `tls.eab`: an account that the authority knows already (RFC 8555, 7.3.4).
package struct ExternalAccount: Sendable {
    package var keyID = ""
    package var key: Secret?

    package init() {}
}
