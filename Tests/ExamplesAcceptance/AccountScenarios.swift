import Harness
import JSON
import NIOCore
import NIOHTTP1
import Testing

@Suite("W26 Accounts, cookies, foreign origins, lock-out", .serialized)
struct AccountScenarios {
    private static let cookies = ["auth.transport=[\"cookie\", \"bearer\"]"]
    private static let own = "https://writers.example.ir"

    @Test("Cookies are for this site's pages, and bear their names under HTTPS")
    func cookies() async throws {
        try await ExampleSite.run(.writers, settings: Self.cookies) { site in
            let anon = site.anonymous
            let body: JSONValue = ["email": "Sara@Example.com", "username": "sara", "password": "Secret123", "full_name": "Sara"]
            // 1: cookies that no script reads and no neighbour sets; nothing in the body
            let signedUp = try await anon.post("/auth/signup", body, headers: ["origin": Self.own])
            var jar = Jar(signedUp)
            #expect(jar.names == ["__Host-atlas_access", "__Host-atlas_refresh"])
            for line in signedUp.headers["set-cookie"] {
                for attribute in ["Path=/", "HttpOnly", "SameSite=Lax", "Secure"] { #expect(line.contains("; \(attribute)"), "\(line)") }
                #expect(!line.contains("Domain"))
            }
            #expect(signedUp.data["access_token"] == nil && signedUp.data["refresh_token"] == nil)
            #expect(signedUp.data["user"]?["email"] == "sara@example.com" && signedUp.data["user"]?["password"] == nil)
            #expect(signedUp.headers.first(name: "cache-control") == "no-store")
            try await anon.post("/auth/signup", with(body, ["email": "x@example.com", "is_superuser": true]), 403, "FIELD_FORBIDDEN")

            // 2: what cannot become an account
            try await anon.post("/auth/signup", with(body, ["email": "SARA@example.COM", "username": "other"]), 409, at: ["email"])
            let long = String(repeating: "aB3", count: 33) + "xyzw"
            for (field, value) in [("username", "ab"), ("password", "short"), ("password", "alllowercase1"), ("password", long)] {
                let faulty = with(with(body, ["email": "y@example.com", "username": "yyy"]), [field: .string(value)])
                try await anon.post("/auth/signup", faulty, 400, at: [field])
            }

            // 4: changes come from this site's pages alone
            let task: JSONValue = ["title": "By cookie", "kind": "note"]
            try await anon.get("/me", has: ["username": "sara"], headers: jar.header)
            for (name, value) in [
                ("origin", "https://evil.example"), ("origin", "null"), ("origin", "http://writers.example.ir"),
                ("origin", "https://writers.example.ir.evil.example"), ("origin", "https://app.writers.example.ir"),
                ("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"),
            ] {
                try await anon.post("/tasks", task, 403, headers: jar.with(name, value))
                try await anon.post("/auth/logout", nil, 403, headers: jar.with(name, value))
                try await anon.post("/auth/refresh", nil, 403, headers: jar.with(name, value))
                try await anon.get("/me", headers: jar.with(name, value))
            }
            for origin in [Self.own, "http://127.0.0.1:\(site.api.port)"] {
                try await anon.post("/tasks", task, headers: jar.with("origin", origin))
            }
            try await anon.post("/tasks", task, headers: jar.with("sec-fetch-site", "same-origin"))
            let login: JSONValue = ["email": "sara@example.com", "password": "Secret123"]
            try await anon.post("/auth/login", login, 403, headers: ["origin": "https://evil.example"])
            let bearer = try await anon.post(
                "/auth/login", with(login, ["transport": "bearer"]), 200, headers: ["origin": "https://evil.example"])
            #expect(bearer.headers["set-cookie"].isEmpty)
            let sara = Client(api: site.api, caller: Caller(name: "sara", id: "", email: "", token: bearer.text("access_token") ?? ""))
            try await sara.post("/tasks", task, headers: ["origin": "https://evil.example"])
            try await anon.post("/auth/login", with(login, ["transport": "smoke"]), 400, at: ["transport"])

            // 5: refreshed and ended by cookie
            let old = jar
            jar = Jar(try await anon.post("/auth/refresh", nil, 200, headers: old.with("origin", Self.own)))
            #expect(jar.names == old.names && jar.values != old.values)
            try await anon.get("/me", headers: jar.header)
            let gone = try await anon.post("/auth/logout", nil, 204, headers: jar.with("origin", Self.own))
            #expect(gone.headers["set-cookie"].count == 2 && gone.headers["set-cookie"].allSatisfy { $0.contains("=; Max-Age=0; ") })
            try await anon.get("/me", 401, headers: jar.header)
            let late = try await anon.post("/auth/refresh", nil, 401, headers: jar.with("origin", Self.own))
            #expect(late.headers["set-cookie"].count == 2, "what is spent is cleared")
            try await anon.post("/auth/refresh", nil, 400, at: ["refresh_token"])
            // A token in the cookie of another name is none.
            try await anon.get("/me", 401, headers: ["cookie": "atlas_access=\(bearer.text("access_token") ?? "")"])
        }
    }

    @Test("Without TLS the cookies have plain names")
    func plainCookies() async throws {
        try await ExampleSite.run(.writers, settings: Self.cookies + ["app.base_url=http://127.0.0.1"]) { site in
            let body: JSONValue = ["email": "sara@example.com", "username": "sara", "password": "Secret123"]
            let jar = Jar(try await site.anonymous.post("/auth/signup", body))
            #expect(jar.names == ["atlas_access", "atlas_refresh"])
            try await site.anonymous.get("/me", headers: jar.header)
        }
    }

    @Test("Five failures close an account for a while, over a restart too, and no other")
    func lockOut() async throws {
        try await ExampleSite.run(.writers) { site in
            _ = try await site.caller(.plain, "Sara")
            let omid = try await site.caller(.plain, "Omid")
            let anon = site.anonymous
            func login(_ email: String, _ password: String) -> JSONValue { ["email": "\(email)", "password": "\(password)"] }
            let unknown = try await anon.post("/auth/login", login("nobody@example.com", "Wrong 123"), 401)
            for _ in 1...4 {
                let known = try await anon.post("/auth/login", login("sara@example.com", "Wrong 123"), 401)
                #expect(known.json?["error"] == unknown.json?["error"])
            }
            try await site.kill()
            try await site.revived { site in
                let anon = site.anonymous
                try await anon.post("/auth/login", login("SARA@example.com", "Wrong 123"), 401)
                for password in ["Wrong 123", ExampleSite.password] {
                    let closed = try await anon.post("/auth/login", login("sara@example.com", password), 429, "TOO_MANY_ATTEMPTS")
                    let seconds = Int(closed.headers.first(name: "retry-after") ?? "") ?? 0
                    #expect((600...900).contains(seconds))
                }
                _ = try await site.signIn("omid@example.com", name: "Omid")
                try await omid.at(site).get("/me")
                // Of fifty guesses at once no more are judged than of fifty in turn.
                let judged = try await withThrowingTaskGroup(of: Int.self) { group in
                    for guess in 0..<50 {
                        group.addTask { try await anon.tries(.POST, "/auth/login", login("omid@example.com", "Guess \(guess)")).status }
                    }
                    return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
                }
                #expect(judged == [401: 5, 429: 45], "\(judged)")
            }
        }
    }

    @Test("A link by mail renews the password once, and ends all sessions")
    func reset() async throws {
        try await ExampleSite.run(.writers) { site in
            let sara = try await site.caller(.plain, "Sara")
            let anon = site.anonymous
            let unknown = try await anon.post("/auth/password/forgot", ["email": "nobody@example.com"], 200)
            let known = try await anon.post("/auth/password/forgot", ["email": "Sara@example.com"], 200)
            #expect(unknown.data == known.data)
            let token = try await site.token(mailedTo: "sara@example.com")
            try await anon.post("/auth/password/reset", ["token": "\(token)", "password": "alllowercase1"], 400, at: ["password"])
            for wrong in ["", "x", token + "x", String(token.dropLast()), "0190a5c0-0000-7000-8000-000000000000.x"] {
                try await anon.post("/auth/password/reset", ["token": "\(wrong)", "password": "Another 99"], 400, "INVALID_CODE")
            }
            try await anon.post("/auth/password/forgot", ["email": "sara@example.com"], 200)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<50 {
                    let body: JSONValue = ["token": "\(token)", "password": "Another \(number)"]
                    group.addTask { try await anon.tries(.POST, "/auth/password/reset", body).status }
                }
                return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
            }
            #expect(statuses == [200: 1, 400: 49], "\(statuses)")
            try await sara.get("/me", 401)
            try await anon.post("/auth/login", ["email": "sara@example.com", "password": "\(ExampleSite.password)"], 401)
            // The other link of the same time went with it.
            let tokens = Set(site.messages("mail").compactMap { $0["text"]?.string?.split(separator: "token=").last.map(String.init) })
            for other in tokens where other.contains(".") {
                try await anon.post("/auth/password/reset", ["token": "\(other)", "password": "Another 99"], 400, "INVALID_CODE")
            }
            // Neither password nor token stands anywhere but in the mail.
            for (path, _) in site.program.directory.files(in: "data") where !path.hasSuffix(".jsonl") && !path.hasSuffix(".sock") {
                let text = String(decoding: try Directory.read(path), as: UTF8.self)
                #expect(!text.contains(token.split(separator: ".")[1]) && !text.contains(ExampleSite.password), "\(path)")
            }
        }
    }

    /// Two hundred interleaved tries, and as many again where the machine was too busy to tell; the file's lock-out would end them.
    ///
    /// Other work of the machine makes tries slower, never faster: the fastest quarter shows what a try costs.
    @Test("An unknown account takes the time of a known one")
    func timing() async throws {
        try await ExampleSite.run(.writers, settings: ["auth.password.lockout=1000/15m"]) { site in
            _ = try await site.caller(.plain, "Sara")
            var times: [String: [Duration]] = [:]
            var costs = [1.0, 2]
            for _ in 0..<3 where costs[1] / costs[0] >= 1.05 {
                for number in 0..<100 {
                    let emails = ["sara@example.com", "nobody@example.com"]
                    // Each goes first as often as the other.
                    for email in number.isMultiple(of: 2) ? emails : emails.reversed() {
                        let start = ContinuousClock.now
                        try await site.anonymous.post("/auth/login", ["email": "\(email)", "password": "Not this one 1"], 401)
                        times[email, default: []].append(ContinuousClock.now - start)
                    }
                }
                costs = times.values.map { $0.sorted()[$0.count / 4] / .milliseconds(1) }.sorted()
            }
            print("a refused sign-in: \(costs) ms")
            #expect(costs[1] / costs[0] < 1.05, "\(costs)")
        }
    }

    @Test("A forgotten password is answered alike, whether anybody has the address")
    func forgotten() async throws {
        try await ExampleSite.run(.writers) { site in
            var times: [Bool: [Duration]] = [:]
            var costs = [1.0, 2]
            var users = 0
            // Of one address five in an hour are worked on.
            for _ in 0..<3 where costs[1] / costs[0] >= 1.05 {
                for _ in 0..<20 {
                    users += 1
                    _ = try await site.caller(.plain, "Sara\(users)")
                    for number in 0..<5 {
                        for isKnown in number.isMultiple(of: 2) ? [true, false] : [false, true] {
                            let email = isKnown ? "sara\(users)@example.com" : "none\(users)@example.com"
                            let start = ContinuousClock.now
                            try await site.anonymous.post("/auth/password/forgot", ["email": "\(email)"], 200)
                            times[isKnown, default: []].append(ContinuousClock.now - start)
                        }
                    }
                }
                costs = times.values.map { $0.sorted()[$0.count / 4] / .milliseconds(1) }.sorted()
            }
            print("a forgotten password: \(costs) ms")
            #expect(times.count == 2 && times.values.allSatisfy { $0.count >= 100 })
            #expect(costs[1] / costs[0] < 1.05, "\(costs)")
        }
    }

    @Test("A storm of sign-ins leaves the others their answers")
    func storm() async throws {
        try await ExampleSite.run(.writers, settings: ["auth.password.lockout=1000/15m"]) { site in
            let sara = try await site.caller(.plain, "Sara")
            @Sendable func reads(_ count: Int) async throws -> [Duration] {
                var times: [Duration] = []
                for _ in 0..<count {
                    let start = ContinuousClock.now
                    try await sara.get("/tasks")
                    times.append(ContinuousClock.now - start)
                }
                return times.sorted()
            }
            let calm = try await reads(200)
            let login: JSONValue = ["email": "sara@example.com", "password": "Not this one 1"]
            let start = ContinuousClock.now
            let (statuses, stormy, storm) = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<64 { group.addTask { try await site.anonymous.tries(.POST, "/auth/login", login).status } }
                let stormy = try await reads(200)
                let statuses = try await group.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
                return (statuses, stormy, ContinuousClock.now - start)
            }
            print("99 of 100 reads: \(calm[197]) before, \(stormy[197]) beside 64 sign-ins, which took \(storm)")
            #expect(statuses == [401: 64], "\(statuses)")
            // A read that had to wait for the sign-ins of its thread would take about as long as all of them.
            #expect(stormy[199] < storm / 4)
        }
    }

    @Test("Of many changes of one password at once one is done and no other fills the line; what is refused for want of room is said once")
    func changes() async throws {
        try await ExampleSite.run(.writers) { site in
            let sara = try await site.caller(.plain, "Sara")
            let change: JSONValue = ["current_password": "\(ExampleSite.password)", "password": "Another horse 99"]
            let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                for _ in 0..<150 { group.addTask { try await sara.tries(.POST, "/auth/password/change", change) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.filter { $0.status == 200 }.count == 1)
            let busy = answers.filter { $0.code == "RATE_LIMITED" }
            #expect(busy.count > 100 && busy.allSatisfy { $0.status == 429 && $0.header("retry-after") == "1" }, "\(busy.count)")
            try await sara.get("/me")

            // More right passwords than there is room for.
            let login: JSONValue = ["email": "sara@example.com", "password": "Another horse 99"]
            let bytes = Array(login.text.utf8)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<150 {
                    group.addTask {
                        let exchange = try await site.api.open(
                            .POST, "/auth/login", length: bytes.count, headers: ["content-type": "application/json"])
                        await exchange.send(ByteBuffer(bytes: bytes))
                        return try await exchange.finish().status
                    }
                }
                return try await group.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
            }
            #expect(Set(statuses.keys).isSubset(of: [200, 503, 429]) && statuses[503, default: 0] > 10, "\(statuses)")
            let log = site.program.output
            #expect(log.filter { $0.contains("too much was asked at once") }.count == 1)
            #expect(!log.contains { $0.contains("request failed") })
        }
    }

    private func with(_ body: JSONValue, _ more: JSONValue) -> JSONValue {
        guard case .object(let members) = body, case .object(let added) = more else { return body }
        return .object(members.filter { member in !added.contains { $0.name == member.name } } + added)
    }
}

/// The cookies that an answer has set.
struct Jar {
    private var pairs: [(name: String, value: String)] = []

    init(_ answer: Answer) {
        pairs = answer.headers["set-cookie"].map { line in
            let pair = line.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1)
            return (String(pair[0]), pair.count > 1 ? String(pair[1]) : "")
        }
    }

    var names: [String] { pairs.map(\.name) }
    var values: [String] { pairs.map(\.value) }
    var header: HTTPHeaders { ["cookie": "theme=dark; " + pairs.map { "\($0.name)=\($0.value)" }.joined(separator: "; ")] }

    func with(_ name: String, _ value: String) -> HTTPHeaders {
        var headers = header
        headers.add(name: name, value: value)
        return headers
    }
}
