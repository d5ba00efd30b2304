import Glibc
import Harness
import JSON
import NIOHTTP1
import Testing

/// W30, as far as a service does the work: results, retries, cancelling, time, crashes.
@Suite struct ServiceJobScenarios {
    private static let answer = #"{"language":"fa","duration":12.5,"parts":[{"at":0}]}"#

    private static func site(_ service: Receiver, _ options: String = "") -> String {
        """
        [media.paper]
        accept     = ["application/pdf"]
        visibility = "private"
        allow      = "me != null"
        [collections.tasks.allow]
        read   = "owner == me"
        create = "me != null"
        delete = "owner == me"
        [collections.tasks.fields]
        title    = "string"
        file     = { type = "media", kind = "paper" }
        owner    = { type = "ref", to = "users", stamp = "me" }
        error    = { type = "text", readonly = true }
        language = { type = "string", readonly = true }
        seconds  = { type = "float", readonly = true }
        result   = { type = "json", readonly = true }
        progress = { type = "int", default = 0, readonly = true }
        status   = { type = "state", values = ["pending", "busy", "done", "failed", "cancelled"] }
        [collections.tasks.transitions]
        run    = { from = "pending", to = "busy", by = "job" }
        finish = { from = "busy", to = "done", by = "job" }
        fail   = { from = ["pending", "busy"], to = "failed", by = "job" }
        cancel = { from = ["pending", "busy"], to = "cancelled", allow = "owner == me" }
        retry  = { from = ["failed", "cancelled"], to = "pending", allow = "owner == me", set = { error = "= null" } }
        [[on]]
        event = ["tasks.created", "tasks.retry"]
        do    = [{ job = "read" }]
        [queues.slow]
        concurrency = 2
        attempts    = 3
        backoff     = "50ms"
        [jobs.read]
        queue    = "slow"
        record   = "tasks"
        states   = { start = "run", done = "finish", failed = "fail", cancelled = "cancel" }
        progress = "progress"
        set      = { language = "= out.language", seconds = "= out.duration", result = "= out" }
        \(options)
        [jobs.read.http]
        url       = "\(service.url("/read"))"
        multipart = { title = "= title", file = "= file", kind = "fixed" }
        """
    }

    private static func run(
        _ options: String = "", reply: @escaping @Sendable (Int, Receiver.Message) -> Receiver.Reply,
        _ body: (OwnSite, Receiver) async throws -> Void
    ) async throws {
        let service = try await Receiver(reply: reply)
        try await OwnSite.run(site(service, options), users: ["user": ""]) { site in
            try await body(site, service)
            await service.close()
        }
    }

    private static func task(_ site: OwnSite, file: String? = nil) async throws -> String {
        let body: JSONValue = ["title": "A talk", "file": file.map { .string($0) } ?? .null]
        let made = try await site.api.expect(.POST, "/tasks", as: site["user"], body: body, status: 201)
        return try #require(made.text("id"))
    }

    private static func state(_ id: String, _ site: OwnSite, is state: String) async throws -> Answer {
        try await site.api.eventually("/tasks/\(id)", as: site["user"]) { $0.text("status") == state }
    }

    @Test func `the service gets the file and its answer becomes the record`() async throws {
        try await Self.run(reply: { _, _ in .status(200, Self.answer) }) { site, service in
            let file = try await site.api.upload(Sample.pdf, named: "a.pdf", kind: "paper", as: site["user"], status: 202).text("id")
            let task = try await Self.state(try await Self.task(site, file: file), site, is: "done")
            #expect(task.text("language") == "fa" && task.data["seconds"] == .number("12.5") && task.data["progress"] == 100)
            #expect(try task.data["result"] == JSONParser.parse(Self.answer))
            let request = try #require(service.messages.first)
            #expect(service.messages.count == 1 && request.method == "POST" && request.path == "/read")
            let text = String(decoding: request.body, as: UTF8.self)
            #expect(text.contains("name=\"title\"\r\n\r\nA talk\r\n") && text.contains("name=\"kind\"\r\n\r\nfixed\r\n"))
            #expect(text.contains("name=\"file\"; filename=\"a.pdf\"\r\ncontent-type: application/pdf\r\n\r\n"))
            #expect(text.contains(String(decoding: Sample.pdf, as: UTF8.self)))
            try await site.api.expect(.POST, "/tasks/\(task.text("id") ?? "")/finish", as: site["user"], status: 403)
        }
    }

    @Test func `what fails is tried again, and failed for good it may be asked for anew`() async throws {
        try await Self.run(reply: { number, _ in number < 4 ? .status(500) : .status(200, Self.answer) }) { site, service in
            let id = try await Self.task(site)
            let failed = try await Self.state(id, site, is: "failed")
            #expect(failed.text("error") == "the service answered 500" && service.messages.count == 3)
            try await site.api.expect(.POST, "/tasks/\(id)/retry", as: site["user"], status: 200)
            let again = try await Self.state(id, site, is: "done")
            #expect(again.data["error"] == .null && service.messages.count == 4)
            try await site.api.expect(.POST, "/tasks/\(id)/retry", as: site["user"], status: 409)
        }
    }

    @Test func `a job that is cancelled ends, and what replaces it runs`() async throws {
        try await Self.run(reply: { number, _ in number == 1 ? .hang : .status(200, Self.answer) }) { site, service in
            let id = try await Self.task(site)
            _ = try await Self.state(id, site, is: "busy")
            _ = await service.messages(1)
            try await site.api.expect(.POST, "/tasks/\(id)/cancel", as: site["user"], status: 200)
            try await site.api.expect(.POST, "/tasks/\(id)/retry", as: site["user"], status: 200)
            _ = try await Self.state(id, site, is: "done")
            #expect(service.messages.count == 2)
        }
    }

    @Test func `what takes too long has failed`() async throws {
        try await Self.run("timeout = \"200ms\"", reply: { _, _ in .hang }) { site, _ in
            _ = try await Self.state(try await Self.task(site), site, is: "failed")
        }
    }
}
