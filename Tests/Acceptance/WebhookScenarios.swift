import Glibc
import Harness
import JSON
import NIOHTTP1
import Testing

/// Webhooks: signed, told again until they are taken, logged, and never lost once their cause is committed.
@Suite struct WebhookScenarios {
    private static let secret = "a secret that is its own key"

    private static func site(_ receiver: Receiver, _ options: String = "") -> String {
        """
        [rules]
        staff = "me.role == 'STAFF'"
        [collections.users.fields]
        name = "string"
        role = { type = "enum", values = ["USER", "STAFF"], default = "USER", readonly = true }
        [backoffice]
        allow = "staff"
        [collections.tasks.allow]
        read   = "true"
        create = "me != null"
        [collections.tasks.fields]
        title  = { type = "string", required = true }
        price  = { type = "decimal", precision = 8, scale = 2, default = "1.50" }
        secret = { type = "string", default = "never told" }
        owner  = { type = "ref", to = "users", stamp = "me" }
        status = { type = "state", values = ["new", "done"] }
        [collections.tasks.transitions]
        finish = { from = "new", to = "done", allow = "owner == me" }
        [[on]]
        event = "tasks.created"
        when  = "new.title == 'loud'"
        do    = [{ webhook = "events" }]
        [webhooks.events]
        url      = "\(receiver.url("/hook"))"
        secret   = "file:hook.secret"
        events   = ["tasks.finish"]
        fields   = ["id", "title", "price", "owner.id", "status", "created_at"]
        backoff  = "100ms"
        \(options)
        """
    }

    private static func run(
        _ options: String = "", users: [String: String] = ["staff": "STAFF", "user": "USER"],
        reply: @escaping @Sendable (Int, Receiver.Message) -> Receiver.Reply = { _, _ in .status(204) },
        _ body: (OwnSite, Receiver) async throws -> Void
    ) async throws {
        let receiver = try await Receiver(reply: reply)
        try await OwnSite.run(site(receiver, options), users: users, files: ["hook.secret": secret]) { try await body($0, receiver) }
        await receiver.close()
    }

    private static func finished(_ site: OwnSite, _ title: String = "quiet") async throws -> String {
        let task = try await site.api.expect(.POST, "/tasks", as: site["user"], body: ["title": .string(title)], status: 201)
        let id = try #require(task.text("id"))
        try await site.api.expect(.POST, "/tasks/\(id)/finish", as: site["user"], status: 200)
        return id
    }

    private static func log(_ site: OwnSite, until condition: (JSONValue) -> Bool) async throws -> JSONValue {
        let answer = try await site.api.eventually("/admin/deliveries", as: site["staff"]) { answer in
            answer.data.array?.first.map(condition) ?? false
        }
        return answer.data.array?.first ?? .null
    }

    @Test("What happened is told once, signed, and nothing but what was declared")
    func told() async throws {
        try await Self.run { site, receiver in
            let id = try await Self.finished(site)
            let message = try #require(await receiver.messages(1).first)
            try await Receiver.verify(message, secret: Self.secret)
            #expect(message.method == "POST" && message.path == "/hook")
            #expect(message.headers["content-type"] == "application/json")
            #expect(message.json["type"] == "tasks.finish")
            let data = try #require(message.json["data"])
            #expect(data["id"] == .string(id) && data["title"] == "quiet" && data["price"] == "1.50" && data["status"] == "done")
            #expect(data["owner"] == ["id": .string(site["user"].id)])
            #expect(data.members?.map(\.name) == ["id", "title", "price", "owner", "status", "created_at"])
            let entry = try await Self.log(site) { $0["status"] == "delivered" }
            #expect(entry["id"]?.string == message.headers["webhook-id"])
            #expect(entry["event"] == "tasks.finish" && entry["attempts"] == 1 && entry["error"] == .null)
            #expect(entry["url"]?.string == receiver.url("/hook"))

            // By an effect, and the order of the file.
            _ = try await Self.finished(site, "loud")
            let both = await receiver.messages(3).dropFirst()
            #expect(Set(both.map { $0.json["type"]?.string }) == ["tasks.created", "tasks.finish"])

            // Who may look, and send again.
            try await site.api.expect(.GET, "/admin/deliveries", status: 401)
            try await site.api.expect(.GET, "/admin/deliveries", as: site["user"], status: 403)
            let path = "/admin/deliveries/\(entry["id"]?.string ?? "")/redeliver"
            try await site.api.expect(.POST, path, as: site["user"], status: 403)
            try await site.api.expect(.POST, "/admin/deliveries/nothing/redeliver", as: site["staff"], status: 404)
            try await site.api.expect(.POST, path, as: site["staff"], status: 202) { $0.text("status") == "pending" }
            let again = try #require(await receiver.messages(4).last)
            #expect(again.headers["webhook-id"] == message.headers["webhook-id"] && again.body == message.body)
            try await Receiver.verify(again, secret: Self.secret)
        }
    }

    @Test("500, 500, 200: the same message three times, later and later")
    func retried() async throws {
        try await Self.run(reply: { number, _ in .status(number < 3 ? 500 : 200) }) { site, receiver in
            _ = try await Self.finished(site)
            let tries = await receiver.messages(3)
            #expect(Set(tries.map { $0.headers["webhook-id"] }).count == 1)
            for message in tries { try await Receiver.verify(message, secret: Self.secret) }
            // The delay doubles, less a fifth at most, and the clock of jobs counts whole milliseconds.
            #expect(tries[1].at - tries[0].at >= .milliseconds(79))
            #expect(tries[2].at - tries[1].at >= .milliseconds(159))
            let entry = try await Self.log(site) { $0["status"] == "delivered" }
            #expect(entry["attempts"] == 3)
        }
    }

    @Test("410 ends it; so do the last try and the end of patience; a redirect is no answer")
    func ended() async throws {
        try await Self.run(reply: { _, _ in .status(410) }) { site, receiver in
            _ = try await Self.finished(site)
            let entry = try await Self.log(site) { $0["status"] == "failed" }
            #expect(entry["attempts"] == 1 && receiver.messages.count == 1)
        }
        try await Self.run("attempts = 2", reply: { _, _ in .status(302, headers: [("location", "http://127.0.0.1:1/")]) }) {
            site, receiver in
            _ = try await Self.finished(site)
            let entry = try await Self.log(site) { $0["status"] == "failed" }
            #expect(entry["attempts"] == 2 && entry["error"] == "it answered 302" && receiver.messages.count == 2)
        }
        try await Self.run("give_up = \"50ms\"", reply: { _, _ in .status(500) }) { site, receiver in
            _ = try await Self.finished(site)
            let entry = try await Self.log(site) { $0["status"] == "failed" }
            #expect(entry["attempts"] == 1 && receiver.messages.count == 1)
        }
    }

    @Test("Killed after the commit and before the delivery: delivered after the restart, once")
    func survives() async throws {
        let receiver = try await Receiver(reply: { number, _ in number == 1 ? .hang : .status(204) })
        try await OwnSite.runToItsEnd(
            Self.site(receiver), users: ["staff": "STAFF", "user": "USER"], files: ["hook.secret": Self.secret]
        ) { site in
            _ = try await Self.finished(site)
            // The first try hangs: the receiver has it, the program knows of no answer.
            let first = try #require(await receiver.messages(1).first)
            site.program.signal(SIGKILL)
            _ = try await site.program.exitStatus()
            let revived = try await Program(site.program.directory)
            let second = try #require(await receiver.messages(2).last)
            #expect(second.headers["webhook-id"] == first.headers["webhook-id"])
            let api = API(port: revived.port)
            let staff = try await api.login("staff@example.com")
            let log = try await api.eventually("/admin/deliveries", as: staff) { $0.data.array?.first?["status"] == "delivered" }
            #expect(log.data.array?.count == 1)
            revived.signal(SIGTERM)
            #expect(try await revived.exitStatus() == 0)
        }
        await receiver.close()
    }

    @Test("A receiver that hangs costs the API nothing")
    func hanging() async throws {
        try await Self.run(reply: { _, _ in .hang }) { site, receiver in
            for _ in 0..<12 { _ = try await Self.finished(site) }
            _ = await receiver.messages(8)
            // Answered while all of them hang: were a read to wait for one, it would wait for good.
            try await site.api.expect(.GET, "/tasks", as: site["user"], status: 200)
            // What waits for an answer is cut off, or the program would wait for it at its end.
            await receiver.close()
        }
    }
}
