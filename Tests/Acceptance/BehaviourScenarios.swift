import Glibc
import Harness
import JSON
import NIOHTTP1
import Testing

/// What records do over time: actions, transitions, the clock, deletion and its end, revisions, requests that are sent twice.
@Suite struct BehaviourScenarios {
    private static let site = """
        [rules]
        staff = "me.role == 'STAFF'"
        mine  = "author == me"

        [collections.users.allow]
        read   = "me != null"
        update = "this == me or staff"
        [collections.users.fields]
        name = "string"
        role = { type = "enum", values = ["USER", "STAFF"], default = "USER", write = "staff" }

        [collections.posts]
        path        = "blog/posts"
        lookup      = "slug"
        soft_delete = { set = { status = "archived" } }
        revisions   = { fields = ["title", "content", "change_note"], keep = 3 }
        [collections.posts.allow]
        read    = "status == 'published' or mine or staff"
        create  = "me != null"
        update  = "mine or staff"
        delete  = "mine or staff"
        restore = "staff"
        [collections.posts.fields]
        title        = { type = "string", required = true, max = 60 }
        slug         = { type = "slug", from = "title", unique = true }
        content      = "text"
        change_note  = { type = "string", read = "mine or staff" }
        secret       = { type = "string", read = "staff", write = "staff" }
        status       = { type = "state", values = ["draft", "scheduled", "published", "archived"] }
        publish_at   = "datetime"
        published_at = { type = "datetime", readonly = true }
        author       = { type = "ref", to = "users", required = true, stamp = "me" }
        [collections.posts.transitions]
        publish   = { from = ["draft", "scheduled"], to = "published", allow = "mine or staff", set = { published_at = "= now" } }
        unpublish = { from = ["published", "scheduled"], to = "draft", allow = "staff", set = { published_at = "= null", publish_at = "= null" } }
        go_live   = { from = "scheduled", to = "published", at = "publish_at", set = { published_at = "= publish_at" } }
        import    = { from = "draft", to = "published", by = "job" }
        never     = { from = "draft", to = "published", allow = "false" }
        [collections.posts.transitions.schedule]
        from   = "draft"
        to     = "scheduled"
        allow  = "mine or staff"
        input  = { publish_at = { type = "datetime", required = true } }
        checks = [{ rule = "input.publish_at > now", message = "choose a moment in the future" }]
        set    = { publish_at = "= input.publish_at" }

        [audit]
        allow = "staff"

        [collections.comments]
        soft_delete = true
        audit       = true
        [collections.comments.allow]
        read    = "true"
        create  = "me != null"
        delete  = "mine"
        restore = "mine"
        [collections.comments.fields]
        post   = { type = "ref", to = "posts", required = true, immutable = true, on_delete = "cascade" }
        body   = { type = "text", required = true }
        author = { type = "ref", to = "users", required = true, stamp = "me" }

        [collections.certifications.allow]
        read   = "true"
        create = "me != null"
        update = "not is_verified"
        [collections.certifications.fields]
        title       = { type = "string", required = true }
        issuer      = { type = "string", immutable = true }
        code        = { type = "string", stamp = "random(8)", unique = true, write = "staff" }
        is_verified = { type = "bool", default = false, readonly = true }
        paper       = { type = "media", kind = "paper", readonly = true }
        verified_at = { type = "datetime", readonly = true }
        verified_by = { type = "ref", to = "users", readonly = true }
        weight      = { type = "decimal", precision = 6, scale = 2 }
        labels      = { type = "flags", values = ["a", "b"] }
        [collections.certifications.actions.verify]
        allow = "staff"
        input = { is_verified = { type = "bool", required = true } }
        set   = { is_verified = "= input.is_verified", verified_at = "= now", verified_by = "= me" }
        [collections.certifications.actions.describe]
        allow  = "me != null"
        input  = { issuer = "string", weight = { type = "decimal", precision = 6, scale = 2 }, labels = { type = "flags", values = ["a", "b"] }, who = { type = "ref", to = "users" } }
        checks = [{ rule = "input.issuer != 'nobody'", message = "not by him", status = 409 }]
        set    = { issuer = "= input.issuer", weight = "= input.weight", labels = "= input.labels", verified_by = "= input.who" }
        [collections.certifications.actions.closed]
        [collections.certifications.actions.print]
        allow    = "staff"
        document = "certificate"
        [documents.certificate]
        of   = "certifications"
        into = "paper"
        file = "certificate.pdf"
        body = [{ title = "Certificate" }]
        [media.paper]
        accept = ["application/pdf"]
        """

    private static func run(_ body: (OwnSite) async throws -> Void) async throws {
        try await OwnSite.run(site, users: ["staff": "STAFF", "sara": "USER", "omid": "USER"], body)
    }

    private static func post(_ site: OwnSite, _ title: String, as name: String = "sara") async throws -> JSONValue {
        try await site.api.expect(
            .POST, "/blog/posts", as: site[name], body: ["title": .string(title), "content": "first"], status: 201
        ).data
    }

    @Test("Actions: verify, inputs of every type, checks, who may")
    func actions() async throws {
        try await Self.run { site in
            let api = site.api
            let made = try await api.expect(
                .POST, "/certifications", as: site["sara"], body: ["title": "Swift", "issuer": "A"], status: 201)
            let path = "/certifications/\(made.text("id") ?? "")"
            try await api.expect(.POST, path + "/verify", body: ["is_verified": true], status: 401)
            try await api.expect(.POST, path + "/verify", as: site["sara"], body: ["is_verified": true], status: 403)
            try await api.expect(.POST, path + "/verify", as: site["staff"], body: [:], status: 400) { $0.faults == ["is_verified"] }
            try await api.expect(.POST, path + "/verify", as: site["staff"], body: ["is_verified": 1, "x": 2], status: 400) {
                $0.faults == ["is_verified", "x"]
            }
            try await api.expect(
                .POST, path + "/verify", as: site["staff"], body: ["is_verified": true], headers: ["if-match": "\"9-x\""], status: 412)
            try await api.expect(.POST, path + "/verify", as: site["staff"], body: ["is_verified": true], status: 200) {
                $0.data["is_verified"] == true && $0.data["verified_by"]?.string == site["staff"].id && $0.data["version"] == 2
                    && $0.text("verified_at") != nil && $0.headers.contains(name: "etag")
            }
            // What was verified stays as it was.
            try await api.expect(.PATCH, path, as: site["sara"], body: ["title": "Other"], status: 403)
            let input: JSONValue = [
                "issuer": "B", "weight": "12.50", "labels": ["a"], "who": .string(site["omid"].id),
            ]
            try await api.expect(.POST, path + "/describe", as: site["sara"], body: input, status: 200) {
                $0.text("issuer") == "B" && $0.text("weight") == "12.50" && $0.data["labels"] == ["a"]
                    && $0.text("verified_by") == site["omid"].id
            }
            try await api.expect(.POST, path + "/describe", as: site["sara"], body: ["issuer": "nobody"], status: 409) {
                $0.code == "CONFLICT"
            }
            let nobody: JSONValue = .string("01920000-0000-7000-8000-000000000000")
            try await api.expect(.POST, path + "/describe", as: site["sara"], body: ["who": nobody], status: 400) { $0.faults == ["who"] }
            try await api.expect(.POST, path + "/closed", as: site["staff"], body: [:], status: 404)
            try await api.expect(.POST, path + "/print", as: site["staff"], body: [:], status: 202) { $0.text("id") != nil }
            try await api.expect(.POST, "/certifications/nothing/verify", as: site["staff"], body: ["is_verified": true], status: 404)
            try await api.expect(.GET, path + "/verify", as: site["staff"], status: 405)
            try await api.expect(.GET, "//openapi.json", status: 200) {
                ($0.json?["paths"]?["/api/v1/certifications/{id}/verify"]?["post"]?["operationId"]) == "verifyCertification"
            }
        }
    }

    @Test("What a client may send: immutable, readonly, stamped")
    func rights() async throws {
        try await Self.run { site in
            let api = site.api
            let made = try await api.expect(
                .POST, "/certifications", as: site["sara"], body: ["title": "Swift", "issuer": "A"], status: 201)
            let path = "/certifications/\(made.text("id") ?? "")"
            #expect(made.text("code")?.utf8.count == 8)
            for field in ["issuer", "is_verified", "verified_at"] {
                try await api.expect(.PATCH, path, as: site["sara"], body: .object([JSONMember(name: field, value: .null)]), status: 403) {
                    $0.code == "FIELD_FORBIDDEN" && $0.faults == [field]
                }
            }
            try await api.expect(.POST, "/certifications", as: site["staff"], body: ["title": "x", "code": "mine"], status: 403) {
                $0.code == "FIELD_FORBIDDEN"
            }
            try await api.expect(.PATCH, path, as: site["sara"], body: ["code": "mine"], status: 403) { $0.code == "FIELD_FORBIDDEN" }
            try await api.expect(.PATCH, path, as: site["staff"], body: ["code": "mine"], status: 200) { $0.text("code") == "mine" }
        }
    }

    @Test("Transitions: only a job's, nobody's, and PATCH of the state")
    func transitions() async throws {
        try await Self.run { site in
            let api = site.api
            let path = "/blog/posts/\(try await Self.post(site, "A")["id"]?.string ?? "")"
            for name in ["import", "never"] {
                try await api.expect(.POST, "\(path)/\(name)", status: 401)
                try await api.expect(.POST, "\(path)/\(name)", as: site["omid"], status: 404)
                try await api.expect(.POST, "\(path)/\(name)", as: site["staff"], status: 403)
            }
            // The clock's has no route.
            try await api.expect(.POST, "\(path)/go_live", as: site["staff"], status: 404)
            try await api.expect(.PATCH, path, as: site["sara"], body: ["status": "published"], status: 409) { answer in
                let message = answer.json?["error"]?["message"]?.string ?? ""
                return answer.code == "INVALID_TRANSITION" && message.contains("/blog/posts/{id}/publish") && !message.contains("go_live")
            }
            try await api.expect(.POST, "\(path)/unpublish", as: site["staff"], status: 409) { $0.code == "INVALID_TRANSITION" }
            try await api.expect(.POST, "\(path)/publish", as: site["sara"], headers: ["if-match": "\"7\""], status: 412)
            try await api.expect(.POST, "\(path)/publish", as: site["sara"], headers: ["if-match": "\"1\""], status: 200) {
                $0.data["version"] == 2
            }
            try await api.expect(.POST, "\(path)/unpublish", as: site["sara"], status: 403)
        }
    }

    @Test("S17 Publishing at a time: refused in the past, fired once, moved, called off")
    func schedule() async throws {
        try await Self.run { site in
            let api = site.api
            let path = "/blog/posts/\(try await Self.post(site, "A")["id"]?.string ?? "")"
            let past: JSONValue = ["publish_at": .string(site.moment(in: -3_600))]
            try await api.expect(.POST, "\(path)/schedule", as: site["sara"], body: past, status: 400)
            let soon = site.moment(in: 5)
            try await api.expect(.POST, "\(path)/schedule", as: site["sara"], body: ["publish_at": .string(soon)], status: 200) {
                $0.text("status") == "scheduled"
            }
            try await api.expect(.GET, path, status: 404)
            let published = try await api.eventually(path) { $0.status == 200 }
            #expect(published.text("published_at") == published.text("publish_at"))
            #expect(published.data["version"] == 3)

            // Called off, and moved to now.
            let other = "/blog/posts/\(try await Self.post(site, "B")["id"]?.string ?? "")"
            let moved = "/blog/posts/\(try await Self.post(site, "C")["id"]?.string ?? "")"
            let later: JSONValue = ["publish_at": .string(site.moment(in: 3_600))]
            for path in [other, moved] { try await api.expect(.POST, "\(path)/schedule", as: site["sara"], body: later, status: 200) }
            try await api.expect(.POST, "\(other)/unpublish", as: site["staff"], status: 200) { $0.text("status") == "draft" }
            let now: JSONValue = ["publish_at": .string(site.moment(in: 0))]
            try await api.expect(.PATCH, moved, as: site["sara"], body: now, status: 200)
            _ = try await api.eventually(moved) { $0.status == 200 }
            try await api.expect(.GET, other, as: site["sara"], status: 200) { $0.text("status") == "draft" }
        }
    }

    @Test("S17.3 Killed in between: published after the restart, once")
    func scheduleAcrossAKill() async throws {
        try await OwnSite.runToItsEnd(Self.site, users: ["sara": "USER"]) { site in
            let path = "/blog/posts/\(try await Self.post(site, "A")["id"]?.string ?? "")"
            let soon = site.moment(in: 8)
            try await site.api.expect(.POST, "\(path)/schedule", as: site["sara"], body: ["publish_at": .string(soon)], status: 200)
            site.program.signal(SIGKILL)
            _ = try await site.program.exitStatus()
            let again = try await Program(site.program.directory)
            let published = try await API(port: again.port).eventually(path) { $0.status == 200 }
            #expect(published.data["version"] == 3)
            again.signal(SIGTERM)
            #expect(try await again.exitStatus() == 0)
        }
    }

    @Test("S06.7, S10.5 Deleted at once, restored by whom the rule admits, with what the deletion replaced")
    func deletion() async throws {
        try await Self.run { site in
            let api = site.api
            let path = "/blog/posts/\(try await Self.post(site, "A")["id"]?.string ?? "")"
            try await api.expect(.POST, "\(path)/publish", as: site["sara"], status: 200)
            let post = JSONValue.string(String(path.split(separator: "/").last ?? ""))
            func comment(_ body: String) async throws -> String {
                let made = try await api.expect(
                    .POST, "/comments", as: site["omid"], body: ["post": post, "body": .string(body)], status: 201)
                return "/comments/\(made.text("id") ?? "")"
            }
            let kept = try await comment("stays")
            let gone = try await comment("went before")
            try await api.expect(.DELETE, gone, as: site["omid"], status: 204)
            try await api.expect(.DELETE, path, as: site["sara"], headers: ["if-match": "\"1\""], status: 412)
            try await api.expect(.DELETE, path, as: site["sara"], status: 204)
            try await api.expect(.GET, path, as: site["sara"], status: 404)
            try await api.expect(.GET, kept, status: 404)
            try await api.expect(.GET, "/blog/posts?deleted=only", as: site["staff"], status: 200) { answer in
                answer.data.array?.count == 1 && answer.data.array?.first?["status"] == "archived"
                    && answer.data.array?.first?["deleted_at"]?.string != nil
            }
            #expect(try await api.count("/blog/posts?deleted=only", as: site["sara"]) == 0)
            try await api.expect(.POST, "\(path)/restore", status: 401)
            try await api.expect(.POST, "\(path)/restore", as: site["sara"], status: 403)
            // He cannot even read it.
            try await api.expect(.POST, "\(path)/restore", as: site["omid"], status: 404)
            // Its post comes first.
            try await api.expect(.POST, "\(gone)/restore", as: site["omid"], status: 409)
            try await api.expect(.POST, "\(path)/restore", as: site["staff"], headers: ["if-match": "\"1\""], status: 412)
            try await api.expect(.POST, "\(path)/restore", as: site["staff"], body: ["x": 1], status: 400)
            try await api.expect(.POST, "\(path)/restore", as: site["staff"], status: 200) { answer in
                answer.text("status") == "published" && answer.data["deleted_at"] == nil && answer.data["version"] == 4
            }
            try await api.expect(.POST, "\(path)/restore", as: site["staff"], status: 404)
            try await api.expect(.GET, kept, status: 200)
            try await api.expect(.GET, gone, status: 404)

            // Its slug is taken meanwhile.
            try await api.expect(.DELETE, path, as: site["sara"], status: 204)
            #expect(try await Self.post(site, "A")["slug"]?.string == "a")
            try await api.expect(.POST, "\(path)/restore", as: site["staff"], status: 409) {
                $0.code == "CONFLICT" && $0.faults == ["slug"]
            }
        }
    }

    @Test("S16.8 Revisions: newest first, for whoever may update, restored as a new one")
    func revisions() async throws {
        try await Self.run { site in
            let api = site.api
            let path = "/blog/posts/\(try await Self.post(site, "A")["id"]?.string ?? "")"
            for number in 2...4 {
                let body: JSONValue = ["content": .string("text \(number)"), "change_note": .string("note \(number)")]
                try await api.expect(.PATCH, path, as: site["sara"], body: body, status: 200)
            }
            // What is not listed makes none.
            try await api.expect(.PATCH, path, as: site["sara"], body: ["publish_at": .null], status: 200)
            try await api.expect(.POST, "\(path)/publish", as: site["sara"], status: 200)
            try await api.expect(.GET, "\(path)/revisions", as: site["sara"], status: 200) { answer in
                let items = answer.data.array ?? []
                return items.compactMap { $0["n"]?.integer } == [4, 3, 2] && items[0]["editor"]?.string == site["sara"].id
                    && items[0]["content"] == "text 4" && items[0]["change_note"] == "note 4" && items[0]["title"] == "A"
                    && items[0]["created_at"]?.string != nil
                    && answer.json?["meta"]?["pagination"]?["total_items"] == 3
            }
            try await api.expect(.GET, "\(path)/revisions?page=2&page_size=2", as: site["staff"], status: 200) {
                $0.data.array?.count == 1 && $0.data.array?.first?["n"] == 2
            }
            try await api.expect(.GET, "\(path)/revisions?page=0&x=1", as: site["staff"], status: 400)
            try await api.expect(.GET, "\(path)/revisions?page_size=101", as: site["staff"], status: 400) { $0.faults == ["page_size"] }
            try await api.expect(.GET, "\(path)/revisions", as: site["omid"], status: 403)
            try await api.expect(.GET, "\(path)/revisions", status: 401)
            let restore = "\(path)/revisions/2/restore"
            try await api.expect(.POST, restore, as: site["omid"], status: 403)
            try await api.expect(.POST, "\(path)/revisions/1/restore", as: site["sara"], status: 404)
            try await api.expect(.POST, "\(path)/revisions/x/restore", as: site["sara"], status: 404)
            try await api.expect(.POST, restore, as: site["sara"], headers: ["if-match": "\"1\""], status: 412)
            try await api.expect(.POST, restore, as: site["staff"], status: 200) { $0.text("content") == "text 2" }
            try await api.expect(.GET, "/blog/posts/a/revisions", as: site["sara"], status: 200) { answer in
                let items = answer.data.array ?? []
                return items.compactMap { $0["n"]?.integer } == [5, 4, 3] && items[0]["editor"]?.string == site["staff"].id
                    && items[0]["content"] == "text 2"
            }
        }
    }

    @Test("O35.6 A request sent twice: one record, the same answer; another body is 409")
    func repeatedRequests() async throws {
        try await Self.run { site in
            let api = site.api
            let header: HTTPHeaders = ["idempotency-key": "a-1"]
            let body: JSONValue = ["title": "Once"]
            let first = try await api.expect(.POST, "/blog/posts", as: site["sara"], body: body, headers: header, status: 201)
            let again = try await api.expect(.POST, "/blog/posts", as: site["sara"], body: body, headers: header, status: 201)
            #expect(again.data == first.data)
            for name in ["location", "etag"] { #expect(again.headers[name] == first.headers[name] && !again.headers[name].isEmpty) }
            try await api.expect(.POST, "/blog/posts", as: site["sara"], body: ["title": "Twice"], headers: header, status: 409) {
                $0.code == "IDEMPOTENCY_MISMATCH"
            }
            // Of somebody else, and elsewhere, it is another key.
            let other = try await api.expect(.POST, "/blog/posts", as: site["omid"], body: body, headers: header, status: 201)
            #expect(other.text("id") != first.text("id"))
            let publish = "/blog/posts/\(first.text("id") ?? "")/publish"
            try await api.expect(.POST, publish, as: site["sara"], headers: header, status: 200) { $0.data["version"] == 2 }
            try await api.expect(.POST, publish, as: site["sara"], headers: header, status: 200) { $0.data["version"] == 2 }
            try await api.expect(.POST, publish, as: site["sara"], status: 409)
            // A refusal is no answer to keep.
            let fresh: HTTPHeaders = ["idempotency-key": "a-2"]
            try await api.expect(.POST, "/blog/posts", as: site["sara"], body: [:], headers: fresh, status: 400)
            try await api.expect(.POST, "/blog/posts", as: site["sara"], body: body, headers: fresh, status: 201)
            for bad in ["", "a b", String(repeating: "x", count: 256)] {
                try await api.expect(
                    .POST, "/blog/posts", as: site["sara"], body: body, headers: ["idempotency-key": bad], status: 400
                ) { $0.faults == ["Idempotency-Key"] }
            }
            // Twenty at once.
            let before = try await api.count("/blog/posts", as: site["sara"])
            let ids = try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<20 {
                    group.addTask { [sara = site["sara"]] in
                        try await api.expect(
                            .POST, "/blog/posts", as: sara, body: body, headers: ["idempotency-key": "many"], status: 201
                        ).text("id")
                    }
                }
                return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
            }
            #expect(ids.count == 1)
            #expect(try await api.count("/blog/posts", as: site["sara"]) == before.map { $0 + 1 })
        }
    }

    @Test("O35.8 The audit: each step with actor, address and change; outlives its record")
    func audit() async throws {
        try await Self.run { site in
            let api = site.api
            let post = try await Self.post(site, "A")
            let body: JSONValue = ["post": post["id"] ?? .null, "body": "hello"]
            let made = try await api.expect(
                .POST, "/comments", as: site["omid"], body: body, headers: ["user-agent": "acceptance"], status: 400)
            #expect(made.faults == ["post"])
            try await api.expect(.POST, "/blog/posts/a/publish", as: site["sara"], status: 200)
            let comment = try await api.expect(
                .POST, "/comments", as: site["omid"], body: body, headers: ["user-agent": "acceptance"], status: 201)
            let id = comment.text("id") ?? ""
            let gone = try await api.expect(.DELETE, "/comments/\(id)", as: site["omid"], status: 204)
            let path = "/audit?entity=comments:\(id)"
            try await api.expect(.GET, path, status: 401)
            try await api.expect(.GET, path, as: site["omid"], status: 403)
            try await api.expect(.GET, path, as: site["staff"], status: 200) { answer in
                let items = answer.data.array ?? []
                let created = items.last ?? .null
                return items.compactMap { $0["action"]?.string } == ["deleted", "created"]
                    && items.first?["request_id"]?.string == gone.headers.first(name: "x-request-id")
                    && created["actor"]?.string == site["omid"].id && created["actor_name"] == "omid@example.com"
                    && created["ip"] == "127.0.0.1" && created["user_agent"] == "acceptance"
                    && created["changes"]?["body"] == ["old": .null, "new": "hello"] && created["at"]?.string != nil
                    && answer.json?["meta"]?["pagination"]?["total_items"] == 2
            }
            for bad in ["", "?entity=comments", "?entity=posts:\(id)", "?entity=comments:x", "?entity=comments:\(id)&x=1"] {
                try await api.expect(.GET, "/audit\(bad)", as: site["staff"], status: 400)
            }
        }
    }
}
