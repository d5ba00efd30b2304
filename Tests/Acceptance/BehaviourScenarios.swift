import Glibc
import Harness
import JSON
import NIOHTTP1
import Testing

/// What records do by steps: actions, transitions, and the clock.
@Suite struct BehaviourScenarios {
    @Test("Actions: verify, inputs of every type, checks, who may")
    func actions() async throws {
        try await BehaviourSite.run { site in
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
        try await BehaviourSite.run { site in
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
        try await BehaviourSite.run { site in
            let api = site.api
            let path = "/blog/posts/\(try await BehaviourSite.post(site, "A")["id"]?.string ?? "")"
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
        try await BehaviourSite.run { site in
            let api = site.api
            let path = "/blog/posts/\(try await BehaviourSite.post(site, "A")["id"]?.string ?? "")"
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
            let other = "/blog/posts/\(try await BehaviourSite.post(site, "B")["id"]?.string ?? "")"
            let moved = "/blog/posts/\(try await BehaviourSite.post(site, "C")["id"]?.string ?? "")"
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
        try await OwnSite.runToItsEnd(BehaviourSite.file, users: ["sara": "USER"]) { site in
            let path = "/blog/posts/\(try await BehaviourSite.post(site, "A")["id"]?.string ?? "")"
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
}
