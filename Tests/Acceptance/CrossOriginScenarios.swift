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
