import Harness
import JSON
import NIOHTTP1
import Testing

/// For whom a rate is counted (07-edge: per address, with IPv6 by /64, user, key), and what is told when it is spent.
@Suite("Rates of routes")
struct LimitScenarios {
    private static let site = """
        [server]
        http = ["127.0.0.1:0"]
        trusted_proxies = ["127.0.0.1/32"]

        [auth]
        methods = ["password"]
        api_keys = { allow = "true" }

        [collections.notes]
        limits = { list = "2/h per ip", create = "2/h per key", update = "1/h per user" }
        [collections.notes.fields]
        text = { type = "string", required = true }
        [collections.notes.allow]
        read = "true"
        create = "me != null"
        update = "me != null"
        """

    @Test("Of an address, which is a /64 of IPv6; the refusal says when to come back")
    func addresses() async throws {
        try await OwnSite.run(Self.site, users: [:]) { site in
            func list(from address: String, status: Int) async throws -> Answer {
                try await site.api.expect(.GET, "/notes", headers: ["x-forwarded-for": address], status: status)
            }
            _ = try await list(from: "2001:db8:1:2::1", status: 200)
            _ = try await list(from: "2001:db8:1:2:ffff::9", status: 200)
            let refused = try await list(from: "2001:db8:1:2:3:4:5:6", status: 429)
            #expect(refused.code == "RATE_LIMITED")
            let wait = Int(refused.headers.first(name: "retry-after") ?? "") ?? 0
            #expect((1...1_800).contains(wait), "\(wait)")
            #expect(refused.headers.first(name: "ratelimit") == "limit=2, remaining=0, reset=\(wait)")
            for address in ["2001:db8:1:3::1", "192.0.2.1", "192.0.2.1", "192.0.2.2"] { _ = try await list(from: address, status: 200) }
            _ = try await list(from: "192.0.2.1", status: 429)
        }
    }

    @Test("Of a user wherever he is; of each key by itself")
    func callers() async throws {
        try await OwnSite.run(Self.site, users: ["sara": "", "omid": ""]) { site in
            let api = site.api
            func create(_ caller: Caller, status: Int) async throws -> Answer {
                try await api.expect(.POST, "/notes", as: caller, body: ["text": "x"], status: status)
            }
            func key(_ name: String) async throws -> Caller {
                let made = try await api.expect(.POST, "/me/api_keys", as: site["sara"], body: ["name": .string(name)], status: 201)
                return Caller(name: name, id: "", email: "", token: made.text("key") ?? "")
            }
            let (first, second) = (try await key("first"), try await key("second"))
            let note = try await create(site["sara"], status: 201)
            for caller in [first, first, second, site["sara"], site["omid"]] { _ = try await create(caller, status: 201) }
            for caller in [first, site["sara"]] { _ = try await create(caller, status: 429) }
            _ = try await create(second, status: 201)

            // A key acts as its maker, and spends what is his.
            let path = "/notes/\(note.text("id") ?? "")"
            func change(_ caller: Caller, from address: String, status: Int) async throws {
                let headers: HTTPHeaders = ["x-forwarded-for": address, "if-match": "*"]
                try await api.expect(.PATCH, path, as: caller, body: ["text": "y"], headers: headers, status: status)
            }
            try await change(site["sara"], from: "192.0.2.1", status: 200)
            try await change(site["sara"], from: "192.0.2.2", status: 429)
            try await change(first, from: "192.0.2.3", status: 429)
            try await change(site["omid"], from: "192.0.2.1", status: 200)
        }
    }
}
