import Harness
import JSON
import NIOHTTP1
import Synchronization
import Testing

/// Callers: a anonymous, u a user, o the owner of the tasks, d an administrator.
@Suite("Writers: every route as every caller")
struct WritersMatrix {
    private static let routes: [Route] = [
        .list("/users", closed: true, ("owner", "od")), .read("/users/{owner}", by: "od", closed: true),
        .change("/users/{owner}", ["full_name": "x"], by: "od", seenBy: "od"), .remove("/users/{victim}", by: "d", seenBy: "d"),
        .list("/tasks", closed: true, ("task", "od")), .read("/tasks/{task}", by: "od", closed: true),
        .create("/tasks", ["title": "x"], by: "uod"), .change("/tasks/{task}", ["title": "x"], by: "o", seenBy: "od"),
        .remove("/tasks/{task}", by: "od", seenBy: "od"), .fire("/tasks/{deleted-task}/restore", by: "od", seenBy: "od"),
        .fire("/tasks/{task}/begin", by: "o", seenBy: "od"), .fire("/tasks/{task}/finish", by: "o", seenBy: "od"),
        .fire("/tasks/{task}/cancel", by: "o", seenBy: "od"), .fire("/tasks/{cancelled-task}/retry", by: "o", seenBy: "od"),
        .gate("/dashboard", by: "uod"),
    ]

    @Test("15 routes, 4 callers")
    func matrix() async throws {
        try await ExampleSite.run(.writers, settings: ["server.limits.tasks.create=100000/h per user"]) { site in
            let owner = try await site.caller(.plain, "Omid")
            let callers: [(letter: Character, client: Client)] = [
                ("a", site.anonymous), ("u", try await site.caller(.plain, "Uma")), ("o", owner),
                ("d", try await site.caller(.superuser, "Dana")),
            ]
            let number = Mutex(0)
            let matrix = RouteMatrix(callers: callers, routes: Self.routes) { record, _ in
                switch record {
                case "owner": return ["id": owner.id]
                case "victim":
                    let name = number.withLock { number in
                        number += 1
                        return "Victim\(number)"
                    }
                    return ["id": try await site.caller(.plain, name).id]
                case "task", "deleted-task", "cancelled-task":
                    let task = try await owner.make("/tasks", ["title": "x"])
                    if record == "deleted-task" { try await owner.delete("/tasks/\(task)") }
                    if record == "cancelled-task" { try await owner.fire("/tasks/\(task)/cancel") }
                    return ["id": task]
                default:
                    Issue.record("the table names \(record), which nothing makes")
                    return [:]
                }
            }
            try await matrix.walk()

            // What only jobs and the clock fire admits nobody, and the state is no field.
            let task = try await owner.make("/tasks", ["title": "x"])
            for transition in ["run", "done", "fail", "stuck"] {
                for caller in callers.map(\.client) where caller.caller != nil {
                    let answer = try await caller.tries(.POST, "/tasks/\(task)/\(transition)")
                    #expect([403, 404].contains(answer.status), "\(transition) by \(caller.name): \(answer.status)")
                }
            }
            try await owner.patch("/tasks/\(task)", ["status": "completed"], 409, "INVALID_TRANSITION")
            for (name, value) in [("owner", "\(owner.id)"), ("progress", 5), ("error", "x"), ("transcript", "x"), ("completed_at", .null)]
                as [(String, JSONValue)]
            {
                try await owner.patch(
                    "/tasks/\(task)", .object([JSONMember(name: name, value: value)]), 403, "FIELD_FORBIDDEN", at: [name])
            }
            try await owner.post("/tasks", ["title": "x", "kind": "audio"], 400)
            try await owner.get("/tasks/\(task)", has: ["status": "pending", "progress": 0])

            let document = try await site.anonymous.get("//openapi.json").json ?? .null
            matrix.isWhole(
                document,
                apart: [
                    "/auth", "/me", "/media", "/batch", "/search", "/events", "/jobs", "/audit", "/admin", "/seo", "/health", "/metrics",
                ])
        }
    }
}
