import Harness
import JSON
import NIOHTTP1
import Testing

/// Fields with a rule of their own beside `update`: what that rule opens, and what it does not.
@Suite struct FieldRightScenarios {
    private static let site = """
        [rules]
        staff = "me.role == 'STAFF'"

        [collections.users.fields]
        role = { type = "enum", values = ["USER", "STAFF"], default = "USER", readonly = true }

        [collections.orders]
        nested = ["lines"]
        [collections.orders.allow]
        read   = "me != null"
        create = "me != null"
        update = "owner == me"
        [collections.orders.fields]
        title = { type = "string", required = true }
        flag  = { type = "bool", default = false, write = "staff" }
        owner = { type = "ref", to = "users", required = true, stamp = "me" }

        [collections.lines.allow]
        read   = "me != null"
        create = "me != null"
        update = "me != null"
        delete = "me != null"
        [collections.lines.fields]
        order = { type = "ref", to = "orders", required = true, immutable = true, on_delete = "cascade" }
        name  = { type = "string", required = true }
        """

    @Test("Who may write a field alone changes that field, and neither others nor the rows inside")
    func rights() async throws {
        try await OwnSite.run(Self.site, users: ["staff": "STAFF", "sara": "USER"]) { site in
            let api = site.api
            let made = try await api.expect(
                .POST, "/orders", as: site["sara"], body: ["title": "A", "lines": [["name": "one"]]], status: 201)
            let path = "/orders/\(try #require(made.text("id")))"
            try await api.expect(.PATCH, path, as: site["staff"], body: ["flag": true], status: 200) { $0.data["flag"] == true }
            try await api.expect(.PATCH, path, as: site["sara"], body: ["flag": false], status: 403)
            try await api.expect(.PATCH, path, as: site["staff"], body: ["flag": false, "title": "B"], status: 403)
            let lines: JSONValue = ["flag": false, "lines": [["name": "two"]]]
            try await api.expect(.PATCH, path, as: site["staff"], body: lines, status: 403)
            try await api.expect(.GET, path, as: site["sara"], status: 200) { answer in
                answer.data["flag"] == true && answer.text("title") == "A" && answer.data["lines"]?.array?.count == 1
            }
        }
    }
}
