import Harness
import JSON
import NIOHTTP1
import Synchronization
import Testing

/// Whoever loses a right keeps writing while he loses it: what waits behind that change is judged by who he is after it.
@Suite struct StandingScenarios {
    private static let site = """
        [app]
        name = "Standing"
        [collections.users.allow]
        read   = "this == me or me.role == 'ADMIN'"
        update = "me.role == 'ADMIN'"
        [collections.users.fields]
        role = { type = "enum", values = ["USER", "ADMIN"], default = "USER", write = "me.role == 'ADMIN'" }
        [collections.notes.allow]
        read   = "true"
        create = "me != null"
        [collections.notes.fields]
        # Who he was when it was written, and what only an administrator sees of it.
        role   = { type = "string", stamp = "me.role" }
        secret = { type = "string", default = "s", read = "me.role == 'ADMIN'" }
        """

    @Test func `an answer shows what its caller may see when it is given`() async throws {
        try await OwnSite.run(Self.site, users: ["root": "ADMIN", "mallory": "ADMIN"]) { site in
            let root = Client(api: site.api, caller: site["root"])
            let mallory = Client(api: site.api, caller: site["mallory"])
            let path = "/users/\(site["mallory"].id)"
            var seen: Set<String> = []
            for _ in 0..<8 {
                let over = Flag()
                let answers = try await withThrowingTaskGroup(of: [JSONValue].self) { group in
                    for _ in 0..<4 {
                        group.addTask {
                            var answers: [JSONValue] = []
                            while !over.isRaised.load(ordering: .relaxed), !Task.isCancelled {
                                answers.append(try await mallory.post("/notes", [:]).data)
                            }
                            return answers
                        }
                    }
                    try await root.patch(path, ["role": "USER"])
                    over.isRaised.store(true, ordering: .relaxed)
                    return try await group.reduce(into: []) { $0 += $1 }
                }
                seen.formUnion(answers.map { "\($0.at("role").text) \($0["secret"] == nil)" })
                try await root.patch(path, ["role": "ADMIN"])
            }
            #expect(seen == [#""ADMIN" false"#, #""USER" true"#])
        }
    }

    @Test func `nobody takes back what is taken from him`() async throws {
        try await OwnSite.run(Self.site, users: ["root": "ADMIN", "mallory": "ADMIN"]) { site in
            let root = Client(api: site.api, caller: site["root"])
            let mallory = Client(api: site.api, caller: site["mallory"])
            let own = site["mallory"].id
            for _ in 0..<8 {
                let over = Flag()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<4 {
                        group.addTask {
                            while !over.isRaised.load(ordering: .relaxed), !Task.isCancelled {
                                _ = try await mallory.tries(.PATCH, "/users/\(own)", ["role": "ADMIN"])
                            }
                        }
                    }
                    try await root.patch("/users/\(own)", ["role": "USER"])
                    over.isRaised.store(true, ordering: .relaxed)
                    try await group.waitForAll()
                }
                try await root.get("/users/\(own)") { $0.data["role"] == "USER" }
                try await root.patch("/users/\(own)", ["role": "ADMIN"])
            }
        }
    }
}

private final class Flag: Sendable {
    let isRaised = Atomic(false)
}
