import Harness
import JSON
import NIOHTTP1
import Testing

@Suite("S01 S02 Codes by SMS")
struct CodeScenarios {
    private func verify(_ challenge: String, _ code: String) -> JSONValue { ["challenge_id": "\(challenge)", "code": "\(code)"] }

    /// One that is not the code.
    private func wrong(_ code: String) -> String { code.hasPrefix("0") ? "1" + code.dropFirst() : "0" + code.dropFirst() }

    private func persian(_ digits: String) -> String {
        String(String.UnicodeScalarView(digits.unicodeScalars.compactMap { Unicode.Scalar($0.value - 0x30 + 0x6F0) }))
    }

    @Test("S01: login by code; one phone however it is written; the first login makes the account")
    func login() async throws {
        try await ExampleSite.run(.sevra) { site in
            let anon = site.anonymous
            let phone = "+989121234567"
            // 1
            let asked = try await anon.post("/auth/otp/request", ["phone": "09121234567"], 200, has: ["expires_in": 120])
            #expect(asked.data.names == ["challenge_id", "expires_in"])
            let challenge = try #require(asked.text("challenge_id"))
            let code = try await site.code(to: phone, count: 1)
            #expect(code.utf8.count == 6)

            // 2
            let signedIn = try await anon.post(
                "/auth/otp/verify", verify(challenge, code), 200, has: ["expires_in": 900, "user": ["role": "USER", "phone": "\(phone)"]])
            let token = try #require(signedIn.text("access_token"))
            let user = try #require(signedIn.text("user", "id"))
            #expect(signedIn.text("refresh_token") != nil)

            // 3
            for (count, written) in [(2, "+98 912 123 4567"), (3, "۰۹۱۲۱۲۳۴۵۶۷")] {
                let challenge = try await site.challenge(written)
                let code = try await site.code(to: phone, count: count)
                try await anon.post("/auth/otp/verify", verify(challenge, persian(code)), 200, has: ["user": ["id": "\(user)"]])
            }
            // The fourth within the hour.
            try await anon.post("/auth/otp/request", ["phone": "0912 123 45 67"], 429) { !$0.header("retry-after").isEmpty }

            // 4
            let me = Client(api: site.api, caller: Caller(name: "by code", id: user, email: "", token: token))
            let own = try await me.get("/me", has: ["id": "\(user)", "phone": "\(phone)"]).data
            #expect(own.names.isDisjoint(with: ["password", "password_hash", "code"]))

            // 5
            let parts = token.split(separator: ".").map(String.init)
            let signature = (parts[2].hasPrefix("A") ? "B" : "A") + parts[2].dropFirst()
            try await anon.get("/me", 401)
            for forged in ["\(parts[0]).\(parts[1]).\(signature)", "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.\(parts[1])."] {
                try await Client(api: site.api, caller: Caller(name: "forger", id: user, email: "", token: forged)).get("/me", 401)
            }
        }
    }

    @Test("S02: bad input, wrong codes, single use, a suspended account")
    func refusals() async throws {
        try await ExampleSite.run(.sevra, settings: ExampleSite.manyCodes) { site in
            let anon = site.anonymous
            let admin = try await site.caller(.role("ADMIN"), "Admin")
            let phone = "+989121234567"
            // 1
            for value in ["12345", "+1 415 555 0100", .null] as [JSONValue] {
                try await anon.post("/auth/otp/request", ["phone": value], 400, at: ["phone"])
            }
            try await anon.post("/auth/otp/request", [:], 400, at: ["phone"])
            try await anon.post("/auth/otp/request", ["phone": "09121234567", "code": "1"], 400, at: ["code"])
            try await anon.post("/auth/otp/verify", ["challenge_id": "x"], 400, at: ["code"])

            // 2
            let burnt = try await site.challenge("09121234567")
            let code = try await site.code(to: phone, count: 1)
            #expect(site.messages("sms").count == 1, "nothing was sent for what was refused")
            try await anon.post("/auth/otp/verify", verify(burnt, wrong(code)), 400, "INVALID_CODE")
            #expect(try await admin.get("/users").total == 1)

            // 3: that challenge is burnt; strangers' tries burn no other
            let other = try await site.challenge("09121234567")
            let second = try await site.code(to: phone, count: 2)
            for typed in [wrong(code), "abc"] {
                try await anon.post("/auth/otp/verify", verify(burnt, typed), 400, "INVALID_CODE")
            }
            // Waiting would not help: another code does, at once.
            try await anon.post("/auth/otp/verify", verify(burnt, code), 429, "TOO_MANY_ATTEMPTS") {
                $0.header("retry-after").isEmpty && $0.message.contains("begin again")
            }
            let user = try await anon.post("/auth/otp/verify", verify(other, second), 200).text("user", "id") ?? ""

            // 4
            try await anon.post("/auth/otp/verify", verify(other, second), 400, "INVALID_CODE")
            try await anon.post("/auth/otp/verify", verify("0190a5c0-0000-7000-8000-000000000000", second), 400, "INVALID_CODE")
            try await anon.post("/auth/otp/verify", verify("' OR 1=1 --", second), 400, "INVALID_CODE")

            // S04.5
            try await admin.patch("/users/\(user)", ["status": "SUSPENDED"])
            let closed = try await site.challenge("09121234567")
            let third = try await site.code(to: phone, count: 3)
            try await anon.post("/auth/otp/verify", verify(closed, third), 403, "ACCOUNT_INACTIVE")
        }
    }

    @Test("S02.5: a code has its time")
    func expiry() async throws {
        try await ExampleSite.run(.sevra, settings: ["auth.otp.ttl=15s", "server.limits.auth.otp=100000/s per ip"]) { site in
            let challenge = try await site.challenge("09121234567")
            let code = try await site.code(to: "+989121234567", count: 1)
            try await Moment.passed(Moment.now + 15_000)
            try await site.anonymous.post("/auth/otp/verify", verify(challenge, wrong(code)), 400, "INVALID_CODE") {
                $0.header("retry-after").isEmpty
            }
            try await site.anonymous.post("/auth/otp/verify", verify(challenge, code), 400, "INVALID_CODE")
        }
    }

    @Test("Of fifty at once one gets in by a code, and fifty wrong tries are three")
    func races() async throws {
        try await ExampleSite.run(.sevra, settings: ExampleSite.manyCodes) { site in
            let anon = site.anonymous
            func statuses(_ body: JSONValue) async throws -> [Int: Int] {
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<50 { group.addTask { try await anon.tries(.POST, "/auth/otp/verify", body).status } }
                    return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
                }
            }
            let challenge = try await site.challenge("09121234567")
            let code = try await site.code(to: "+989121234567", count: 1)
            #expect(try await statuses(verify(challenge, code)) == [200: 1, 400: 49])
            let guessed = try await site.challenge("09121234567")
            let second = try await site.code(to: "+989121234567", count: 2)
            #expect(try await statuses(verify(guessed, wrong(second))) == [400: 3, 429: 47])
            try await anon.post("/auth/otp/verify", verify(guessed, second), 429, "TOO_MANY_ATTEMPTS")
        }
    }

    @Test("A deleted account is closed to its number: whoever has that gets a new one, and the old one does not come back beside it")
    func deleted() async throws {
        try await ExampleSite.run(.sevra, settings: ExampleSite.manyCodes) { site in
            let admin = try await site.caller(.role("ADMIN"), "Admin")
            func enter(_ count: Int) async throws -> (client: Client, user: JSONValue) {
                let challenge = try await site.challenge("09121234567")
                let code = try await site.code(to: "+989121234567", count: count)
                let answer = try await site.anonymous.post("/auth/otp/verify", verify(challenge, code), 200)
                let caller = Caller(name: "by code", id: "", email: "", token: answer.text("access_token") ?? "")
                return (Client(api: site.api, caller: caller), answer["user"])
            }
            let old = try await enter(1)
            try await old.client.patch("/me", ["first_name": "Old"])
            let id = old.user["id"]?.string ?? ""
            try await admin.delete("/users/\(id)")
            try await old.client.get("/me", 401)

            let new = try await enter(2)
            #expect(new.user["id"] != old.user["id"] && new.user["first_name"] != "Old" && new.user["role"] == "USER")
            try await admin.post("/users/\(id)/restore", nil, 409)
            try await old.client.get("/me", 401)
            try await new.client.get("/me", has: ["first_name": .null])
        }
    }

    @Test("Bounds of a phone and the budget outlive the program; who has an account cannot be told")
    func bounds() async throws {
        let settings = ["server.limits.auth.otp=100000/s per ip", "auth.otp.budget=5/d"]
        try await ExampleSite.run(.sevra, settings: settings) { site in
            for _ in 1...3 { _ = try await site.challenge("09121234567") }
            try await site.kill()
            try await site.revived { site in
                let refused = try await site.anonymous.post("/auth/otp/request", ["phone": "9121234567"], 429)
                #expect((3_500...3_600).contains(Int(refused.header("retry-after")) ?? 0), "\(refused.header("retry-after"))")
                for number in 1...2 { _ = try await site.challenge("0912000000\(number)") }
                // Who has asked for none is not told that he has asked for too many; the operator is told, once.
                for number in 3...9 {
                    try await site.anonymous.post("/auth/otp/request", ["phone": "0912000000\(number)"], 429) {
                        !$0.header("retry-after").isEmpty && $0.message.contains("this site") && !$0.message.contains("too many")
                    }
                }
                try await site.anonymous.post("/auth/otp/request", ["phone": "9121234567"], 429) { $0.message.contains("too many") }
                #expect(site.program.output.filter { $0.contains("auth.otp.budget") && $0.contains("warning") }.count == 1)
            }
        }
    }

    @Test("A number has one count for all its codes; what is sent to nobody costs nothing of the budget, and is answered alike")
    func counts() async throws {
        let settings = ["server.limits.auth.otp=100000/s per ip", "auth.otp.budget=4/d", "auth.signup=closed"]
        try await ExampleSite.run(.sevra, settings: settings) { site in
            let anon = site.anonymous
            let made = try await site.command(
                ["user", "create", "email=n@example.com", "phone=09120000001", "username=nima", "password=-"], input: ExampleSite.password)
            try #require(made.status == 0, "\(made.output)")
            for number in 10...19 { _ = try await site.challenge("091200000\(number)") }
            for _ in 1...2 { _ = try await site.challenge("09120000010") }
            try await anon.post("/auth/otp/request", ["phone": "09120000010"], 429)
            let stranger = try await site.challenge("09120000020")
            for _ in 1...3 { try await anon.post("/auth/otp/verify", verify(stranger, "000000"), 400, "INVALID_CODE") }
            try await anon.post("/auth/otp/verify", verify(stranger, "000000"), 429, "TOO_MANY_ATTEMPTS")

            // Three for the number of the account, by whatever way, of the four that may be sent.
            let nima = try await site.signIn("n@example.com", name: "Nima")
            let challenge = try await site.challenge("09120000001")
            try await anon.post("/auth/otp/verify", verify(challenge, try await site.code(to: "+989120000001", count: 1)), 200)
            for _ in 1...2 { try await nima.post("/auth/phone/change", ["phone": "09120000001"], 200) }
            try await nima.post("/auth/phone/change", ["phone": "09120000001"], 429)
            try await anon.post("/auth/otp/request", ["phone": "09120000001"], 429)

            // The code of the new number makes it his; then nothing more may be sent to anybody.
            let change = try await nima.post("/auth/phone/change", ["phone": "0912 000 0002"], 200).text("challenge_id") ?? ""
            let code = try await site.code(to: "+989120000002", count: 1)
            try await anon.post("/auth/phone/verify", verify(change, code), 401)
            try await nima.post("/auth/phone/verify", verify(change, wrong(code)), 400, "INVALID_CODE")
            try await nima.post("/auth/phone/verify", verify(change, persian(code)), 200)
            try await nima.get("/me", has: ["phone": "+989120000002"])
            try await nima.post("/auth/phone/verify", verify(change, code), 400, "INVALID_CODE")
            // The old number is told.
            #expect(try await site.texts(to: "+989120000001", count: 4).count == 4)
            for phone in ["09120000003", "09120000002"] { try await anon.post("/auth/otp/request", ["phone": "\(phone)"], 429) }
            #expect(
                !site.messages("sms").contains {
                    $0["to"]?.string?.hasPrefix("+9891200000") == true && $0["to"]?.string?.hasSuffix("0") == true
                })
        }
    }

    @Test("The change of a number ends with the session in which it was asked for, and no other session ends it")
    func changeOfSession() async throws {
        try await ExampleSite.run(.sevra, settings: ExampleSite.manyCodes) { site in
            let made = try await site.command(
                ["user", "create", "email=n@example.com", "username=nima", "password=-"], input: ExampleSite.password)
            try #require(made.status == 0, "\(made.output)")
            func verify(_ challenge: String, _ code: String) -> JSONValue { ["challenge_id": "\(challenge)", "code": "\(code)"] }
            let asking = try await site.signIn("n@example.com", name: "Nima")
            let typing = try await site.signIn("n@example.com", name: "Nima")
            let first = try await asking.post("/auth/phone/change", ["phone": "09120000002"], 200).text("challenge_id") ?? ""
            let code = try await site.code(to: "+989120000002", count: 1)
            try await typing.delete("/me/sessions")
            try await typing.post("/auth/phone/verify", verify(first, code), 400, "INVALID_CODE")
            let again = try await site.signIn("n@example.com", name: "Nima")
            let second = try await again.post("/auth/phone/change", ["phone": "09120000003"], 200).text("challenge_id") ?? ""
            try await typing.post("/auth/phone/verify", verify(second, try await site.code(to: "+989120000003", count: 1)), 200)
            try await typing.get("/me", has: ["phone": "+989120000003"])
        }
    }

    @Test("S02.6: no code stands in clear in the data directory or the log")
    func secrecy() async throws {
        try await ExampleSite.run(.sevra, settings: ExampleSite.manyCodes + ["auth.otp.digits=10", "log.level=debug"]) { site in
            var codes: [String] = []
            for count in 1...5 {
                let challenge = try await site.challenge("09121234567")
                codes.append(try await site.code(to: "+989121234567", count: count))
                if count % 2 == 0 { try await site.anonymous.post("/auth/otp/verify", verify(challenge, codes[count - 1]), 200) }
            }
            #expect(Set(codes).count == 5 && codes.allSatisfy { $0.utf8.count == 10 })
            let files = site.program.directory.files(in: "data").keys.filter { !$0.hasSuffix("/sms.jsonl") && !$0.hasSuffix(".sock") }
            #expect(files.contains { $0.hasSuffix(".db-wal") || $0.hasSuffix("-wal") }, "\(files)")
            let log = Array(site.program.output.joined(separator: "\n").utf8)
            for code in codes {
                for file in files { #expect(!(try Directory.read(file)).contains(Array(code.utf8)), "\(file)") }
                #expect(!log.contains(Array(code.utf8)))
            }
        }
    }

    @Test("A phone is proven by its code alone: no account can be prepared for another's number")
    func preparation() async throws {
        try await ExampleSite.run(.sevra, settings: ExampleSite.manyCodes) { site in
            let body: JSONValue = [
                "email": "squatter@example.com", "password": "\(ExampleSite.password)", "phone": "+989121234567",
            ]
            try await site.anonymous.post("/auth/signup", body, 403, "FIELD_FORBIDDEN", at: ["phone"])
            let squatter = try await site.caller(.plain, "Squatter")
            try await squatter.patch("/me", ["phone": "+989121234567"], 403, "FIELD_FORBIDDEN", at: ["phone"])
            let challenge = try await site.challenge("09121234567")
            let code = try await site.code(to: "+989121234567", count: 1)
            let user = try await site.anonymous.post("/auth/otp/verify", verify(challenge, code), 200).text("user", "id")
            #expect(user != squatter.id)
        }
    }

    @Test("Without the method there is neither its route nor an account by it; without sign-up no stranger gets one")
    func methods() async throws {
        try await ExampleSite.run(.sevra, settings: ["auth.methods=[\"otp\"]", "auth.signup=closed"]) { site in
            try await site.anonymous.post("/auth/login", ["email": "a@example.com", "password": "x"], 404)
            _ = try await site.challenge("09121234567")
            let made = try await site.command(
                [
                    "user", "create", "email=n@example.com", "phone=+98 912 000 00 01", "username=nima", "password=-",
                    "must_change_password=true",
                ],
                input: ExampleSite.password)
            try #require(made.status == 0, "\(made.output)")
            let challenge = try await site.challenge("09120000001")
            let code = try await site.code(to: "+989120000001", count: 1)
            let token = try await site.anonymous.post("/auth/otp/verify", verify(challenge, code), 200).text("access_token") ?? ""
            // A password that nobody can change here is waited for by nobody.
            try await Client(api: site.api, caller: Caller(name: "nima", id: "", email: "", token: token)).get(
                "/me", has: ["username": "nima"])
            #expect(site.messages("sms").count == 1, "a stranger's number gets no message")
        }
    }
}

extension [UInt8] {
    /// Whether these bytes stand in it, one after another.
    fileprivate func contains(_ part: [UInt8]) -> Bool {
        guard let first = part.first, count >= part.count else { return false }
        return withUnsafeBufferPointer { bytes in
            (0...(bytes.count - part.count)).contains { start in
                bytes[start] == first && part.indices.allSatisfy { bytes[start + $0] == part[$0] }
            }
        }
    }
}
