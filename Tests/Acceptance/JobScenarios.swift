import Glibc
import Harness
import JSON
import NIOHTTP1
import Testing

/// Jobs that people start, what they are told of them, and what those see who look after the queues.
@Suite struct JobScenarios {
    private static func site(_ service: Receiver) -> String {
        """
        [rules]
        staff = "me.role == 'STAFF'"
        [backoffice]
        allow = "staff"
        [collections.users.fields]
        role = { type = "enum", values = ["USER", "STAFF"], default = "USER", readonly = true }
        [collections.talks.allow]
        read   = "true"
        create = "me != null"
        [collections.talks.fields]
        title  = "string"
        owner  = { type = "ref", to = "users", stamp = "me" }
        asked  = { type = "int", default = 0, readonly = true }
        text   = { type = "string", readonly = true }
        status = { type = "state", values = ["new", "done"] }
        [collections.talks.transitions]
        start  = { from = "new", to = "new", by = "job" }
        finish = { from = "new", to = "done", by = "job" }
        [collections.talks.actions]
        write_down = { allow = "owner == me", set = { asked = "= asked + 1" }, job = "write" }
        [queues.slow]
        concurrency = 1
        attempts    = 2
        backoff     = "50ms"
        [jobs.write]
        queue  = "slow"
        record = "talks"
        states = { start = "start", done = "finish" }
        set    = { text = "= out.text" }
        http   = { url = "\(service.url("/write"))", json = { title = "= title" } }
        """
    }

    private static func run(
        reply: @escaping @Sendable (Int, Receiver.Message) -> Receiver.Reply, _ body: (OwnSite, Receiver) async throws -> Void
    ) async throws {
        let service = try await Receiver(reply: reply)
        try await OwnSite.run(site(service), users: ["staff": "STAFF", "user": "USER", "other": "USER"]) { site in
            try await body(site, service)
            await service.close()
        }
    }

    private static func talk(_ site: OwnSite) async throws -> String {
        let made = try await site.api.expect(.POST, "/talks", as: site["user"], body: ["title": "A talk"], status: 201)
        return "/talks/\(try #require(made.text("id")))"
    }

    @Test func `an action that starts a job answers with it, and only who started it follows it`() async throws {
        try await Self.run(reply: { _, _ in .status(200, #"{"text":"Said"}"#) }) { site, service in
            let talk = try await Self.talk(site)
            try await site.api.expect(.POST, talk + "/write_down", status: 401)
            try await site.api.expect(.POST, talk + "/write_down", as: site["other"], status: 403)
            #expect(service.messages.isEmpty)
            let started = try await site.api.expect(.POST, talk + "/write_down", as: site["user"], status: 202)
            #expect(started.data.members?.map(\.name) == ["id"])
            let job = "/jobs/\(try #require(started.text("id")))"
            let done = try await site.api.eventually(job, as: site["user"]) { $0.text("status") == "done" }
            #expect(done.text("name") == "write" && done.data["progress"] == 100 && done.data["error"] == .null)
            #expect(done.data.members?.map(\.name) == ["id", "name", "status", "progress", "note", "error", "result"])
            let written = try await site.api.expect(.GET, talk, status: 200)
            #expect(written.text("text") == "Said" && written.data["asked"] == 1)

            try await site.api.expect(.GET, job, status: 401)
            try await site.api.expect(.GET, job, as: site["other"], status: 404)
            try await site.api.expect(.GET, job, as: site["staff"], status: 404)
            try await site.api.expect(.GET, "/jobs/nothing", as: site["user"], status: 404)

            // Where the job has no place nothing is changed either.
            try await site.api.expect(.POST, talk + "/write_down", as: site["user"], status: 409)
            try await site.api.expect(.GET, talk, status: 200) { $0.data["asked"] == 1 }
        }
    }

    @Test func `who enters the backoffice sees queues, jobs and sessions, and has a dead job done after all`() async throws {
        try await Self.run(reply: { number, _ in number < 3 ? .status(500) : .status(200, #"{"text":"Said"}"#) }) { site, _ in
            for path in ["/admin/queues", "/admin/jobs", "/admin/jobs/nothing", "/admin/sessions"] {
                try await site.api.expect(.GET, path, status: 401)
                try await site.api.expect(.GET, path, as: site["user"], status: 403)
            }
            let talk = try await Self.talk(site)
            let started = try await site.api.expect(.POST, talk + "/write_down", as: site["user"], status: 202)
            let job = "/admin/jobs/\(try #require(started.text("id")))"
            let dead = try await site.api.eventually(job, as: site["staff"]) { $0.text("status") == "dead" }
            #expect(dead.data["attempts"] == 2 && dead.text("error") == "the service answered 500" && dead.text("queue") == "slow")
            #expect(dead.text("started_by") == site["user"].id && dead.text("record") == "talks:\(talk.dropFirst(7))")
            try await site.api.expect(.GET, job, as: site["user"], status: 403)
            try await site.api.expect(.GET, "/admin/jobs/nothing", as: site["staff"], status: 404)

            let queues = try await site.api.expect(.GET, "/admin/queues", as: site["staff"], status: 200).data.array ?? []
            let slow = try #require(queues.first { $0["name"] == "slow" })
            #expect(slow["failed"] == 1 && slow["waiting"] == 0 && slow["active"] == 0 && slow["done"] == 0 && slow["delayed"] == 0)
            #expect(queues.contains { $0["name"] == "maintenance" })
            let listed = try await site.api.expect(.GET, "/admin/jobs?queue=slow&status=dead", as: site["staff"], status: 200)
            #expect(listed.data.array?.count == 1 && listed.data.array?.first?["id"]?.string == started.text("id"))
            try await site.api.expect(.GET, "/admin/jobs?queue=slow&status=done", as: site["staff"], status: 200) { $0.data == [] }
            try await site.api.expect(.GET, "/admin/jobs?status=lost", as: site["staff"], status: 400)

            try await site.api.expect(.POST, job + "/retry", as: site["user"], status: 403)
            try await site.api.expect(.POST, "/admin/jobs/nothing/retry", as: site["staff"], status: 404)
            try await site.api.expect(.POST, job + "/retry", as: site["staff"], status: 202)
            _ = try await site.api.eventually(job, as: site["staff"]) { $0.text("status") == "done" }
            try await site.api.expect(.POST, job + "/retry", as: site["staff"], status: 409)

            let sessions = try await site.api.expect(.GET, "/admin/sessions", as: site["staff"], status: 200).data.array ?? []
            #expect(Set(sessions.compactMap { $0["user"]?.string }) == Set(["staff", "user", "other"].map { site[$0].id }))
            #expect(sessions.allSatisfy { $0.members?.count == 7 })
        }
    }
}
