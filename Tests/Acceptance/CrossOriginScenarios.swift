import Harness
import JSON
import NIOHTTP1
import Testing

/// Pages of other sites (`server.cors`): what their browsers are told that they may send.
@Suite struct CrossOriginScenarios {
    private static let site = """
        [server]
        http = ["127.0.0.1:0"]
        cors = ["https://spa.example.net"]
        [tenancy]
        tenant  = "firms"
        member  = "staff"
        resolve = ["header:X-Firm", "only"]
        [collections.firms.fields]
        name = "string"
        [collections.staff]
        tenant = true
        [collections.staff.fields]
        user = { type = "ref", to = "users", required = true }
        """

    @Test func `pages of this site bring their cookies wherever they live, other pages none`() async throws {
        let site = "[app]\nsite_url = \"https://app.example.net\"\n[auth]\ntransport = [\"cookie\"]\n" + Self.site
        try await OwnSite.run(site, users: [:]) { site in
            for (origin, names, brings) in [
                ("https://app.example.net", true, true), ("https://spa.example.net", true, false),
                ("https://other.example.net", false, false),
            ] {
                for method in [HTTPMethod.OPTIONS, .GET] {
                    let headers: HTTPHeaders = ["origin": origin, "access-control-request-method": "POST"]
                    let answer = try await site.api.open(method, "/firms", headers: headers).finish().headers
                    #expect(answer.first(name: "access-control-allow-origin") == (names ? origin : nil), "\(method) \(origin)")
                    #expect(answer.first(name: "access-control-allow-credentials") == (brings ? "true" : nil), "\(method) \(origin)")
                    #expect(answer["vary"].contains("Origin") == names, "\(method) \(origin)")
                }
            }
        }
    }

    @Test func `all headers that requests may carry are allowed, that of the tenant too; to no other origin`() async throws {
        try await OwnSite.run(Self.site, users: [:]) { site in
            func allowed(_ origin: String) async throws -> String? {
                let headers: HTTPHeaders = ["origin": origin, "access-control-request-method": "GET"]
                return try await site.api.open(.OPTIONS, "/staff", headers: headers).finish().headers.first(
                    name: "access-control-allow-headers")
            }
            let names = try #require(try await allowed("https://spa.example.net")).split(separator: ",").map {
                $0.filter { $0 != " " }.lowercased()
            }
            let wanted = [
                "authorization", "content-type", "idempotency-key", "if-match", "if-none-match", "last-event-id", "x-firm",
            ]
            #expect(names.sorted() == wanted)
            #expect(try await allowed("https://other.example.net") == nil)
        }
    }
}
