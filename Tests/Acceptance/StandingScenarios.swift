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
        """

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
