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

    private static let firms = """
        [app]
        name = "Standing"
        [tenancy]
        tenant      = "firms"
        member      = "staff"
        resolve     = ["header:X-Tenant"]
        active_when = "is_open"
        [collections.users.fields]
        role = { type = "enum", values = ["USER", "ADMIN"], default = "USER" }
        [collections.firms]
        lookup = "slug"
        [collections.firms.allow]
        read   = "me != null"
        create = "me != null"
        update = "me.role == 'ADMIN'"
        [collections.firms.fields]
        name    = { type = "string", required = true }
        slug    = { type = "slug", from = "name", unique = true }
        is_open = { type = "bool", default = true }
        [[on]]
        event = "firms.created"
        do    = [{ insert = "staff", set = { tenant = "= new", user = "= me" } }]
        [collections.staff]
        tenant = true
        [collections.staff.allow]
        read = "member != null"
        [collections.staff.fields]
        user = { type = "ref", to = "users", required = true, unique = true, on_delete = "cascade" }
        [collections.notes]
        tenant = true
        [collections.notes.allow]
        read   = "me != null"
        create = "me != null"
        [collections.notes.fields]
        body = "text"
        """

    /// Whatever waited behind it is answered as what comes after it.
    @Test func `a tenant that is suspended while its members write refuses them as suspended`() async throws {
        try await OwnSite.run(Self.firms, users: ["root": "ADMIN", "mina": "USER", "eve": "USER"]) { site in
            let root = Client(api: site.api, caller: site["root"])
            let mina = Client(api: site.api, caller: site["mina"]).within("acme")
            let eve = Client(api: site.api, caller: site["eve"]).within("acme")
            try await Client(api: site.api, caller: site["mina"]).post("/firms", ["name": "Acme"])
            for _ in 0..<8 {
                let over = Flag()
                let answers = try await withThrowingTaskGroup(of: [String].self) { group in
                    for client in [mina, mina, mina, eve] {
                        group.addTask {
                            var answers: Set<String> = []
                            while !over.isRaised.load(ordering: .relaxed), !Task.isCancelled {
                                let answer = try await client.tries(.POST, "/notes", ["body": "x"])
                                answers.insert("\(client.id == eve.id ? "stranger" : "member") \(answer.status) \(answer.code ?? "")")
                            }
                            return Array(answers)
                        }
                    }
                    try await root.patch("/firms/acme", ["is_open": false])
                    over.isRaised.store(true, ordering: .relaxed)
                    return try await group.reduce(into: Set<String>()) { $0.formUnion($1) }
                }
                let expected: Set = ["member 201 ", "member 403 TENANT_INACTIVE", "stranger 201 ", "stranger 404 NOT_FOUND"]
                #expect(answers.isSubset(of: expected), "\(answers.sorted())")
                try await mina.post("/notes", ["body": "x"], 403, "TENANT_INACTIVE")
                try await eve.post("/notes", ["body": "x"], 404)
                try await root.patch("/firms/acme", ["is_open": true])
            }
        }
    }
}

private final class Flag: Sendable {
    let isRaised = Atomic(false)
}
