import Glibc
import Harness
import JSON
import NIOHTTP1
import Testing

/// Two companies and who belongs to them.
struct Companies: Sendable {
    let site: ExampleSite
    let root: Client
    /// Owner and member of Acme, each within it.
    let uma: Client
    let mina: Client
    /// Owner of Beta.
    let ugo: Client

    init(_ site: ExampleSite) async throws {
        self.site = site
        root = try await site.caller(.root, "Root")
        uma = try await site.caller(.plain, "Uma").within("acme")
        mina = try await site.caller(.plain, "Mina").within("acme")
        ugo = try await site.caller(.plain, "Ugo").within("beta")
        for (owner, name) in [(uma, "Acme"), (ugo, "Beta")] {
            try await Client(api: site.api, caller: owner.caller).post("/tenants", ["name": "\(name)"])
        }
        try await site.join(mina, as: "member", invitedBy: uma)
    }

    func membership(of person: Client) async throws -> String {
        try #require(try await uma.get("/memberships").rows.first { $0["user"]?.string == person.id }).id
    }
}

@Suite("O40.4 Events as they happen")
struct EventScenarios {
    @Test("A colleague's order within a second, nobody else's; what was missed, once and in order")
    func colleagues() async throws {
        try await ExampleSite.run(.orders) { site in
            let companies = try await Companies(site)
            let (uma, mina, ugo) = (companies.uma, companies.mina, companies.ugo)
            let personal = Client(api: site.api, caller: mina.caller)
            let stream = try await personal.listen("?tenant=acme")
            #expect(stream.status == 200 && stream.headers["content-type"] == ["text/event-stream"])
            #expect(stream.headers["cache-control"] == ["no-store"] && stream.headers["x-accel-buffering"] == ["no"])
            #expect(stream.text.hasPrefix("retry: 2000\n") && stream.events.map(\.name) == ["ready"])

            let foreign = try await ugo.make("/orders", OrderScenarios.body)
            let before = ContinuousClock.now
            let first = try await uma.make("/orders", OrderScenarios.body)
            try await stream.wait("the order") { !$0.told.isEmpty }
            #expect(ContinuousClock.now - before < .seconds(1))
            let event = try #require(stream.told.first)
            #expect(event.title == "orders.created \(first)" && event.data["collection"] == "orders" && event.data["event"] == "created")
            #expect(event.record == (try await mina.get("/orders/\(first)").data), "as GET gives it")

            // Missed while away.
            let seen = stream.lastID
            stream.close()
            try await uma.fire("/orders/\(first)/process")
            let second = try await mina.make("/orders", OrderScenarios.body)
            try await ugo.delete("/orders/\(foreign)")
            try await uma.delete("/orders/\(second)")
            try await uma.fire("/orders/\(second)/restore")
            let wanted = ["process \(first)", "created \(second)", "deleted \(second)", "restored \(second)"].map { "orders.\($0)" }
            for back in [try await mina.listen(after: seen), try await personal.listen("?tenant=acme&last_event_id=\(seen)")] {
                try await back.wait("what was missed") { $0.told.count >= wanted.count }
                try await uma.patch("/orders/\(first)", ["notes": "go on"])
                try await back.wait("what follows") { $0.told.count > wanted.count }
                #expect(back.told.map(\.title).prefix(4) == wanted[...])
                #expect(back.told.allSatisfy { ($0.data["record"] == nil) == ($0.name == "orders.deleted") })
                #expect(!back.text.contains(foreign) && back.events.allSatisfy { $0.name.contains(".") }, "neither ready nor reset")
                let numbers = back.told.compactMap { Int($0.id) }
                #expect(numbers == numbers.sorted() && Set(numbers).count == back.told.count)
            }
            // Too old or never given: the client learns that it must look for itself.
            for id in ["999999", "-1", "x"] {
                let lost = try await mina.listen(after: id)
                #expect(lost.events.first?.name == "reset", "\(id)")
                try await uma.patch("/orders/\(first)", ["notes": "\(id)"])
                try await lost.wait("what follows") { $0.told.map(\.title) == ["orders.updated \(first)"] }
            }

            // Removed from Acme: at once, not with the next event; then he hears nothing more, whatever he shows.
            let open = try await mina.listen()
            let other = try await uma.listen()
            try await uma.delete("/memberships/\(companies.membership(of: mina))")
            try await open.ended()
            try await uma.post("/orders", OrderScenarios.body)
            try await other.wait("the order") { !$0.told.isEmpty }
            let outside = try await mina.listen("?last_event_id=\(seen)")
            try await uma.patch("/orders/\(first)", ["notes": "again"])
            try await other.wait("the change") { $0.told.count > 1 }
            #expect(outside.told.isEmpty && open.told.isEmpty)
        }
    }

    @Test("Who may listen to what, and how often")
    func refusals() async throws {
        try await ExampleSite.run(.orders) { site in
            let companies = try await Companies(site)
            let uma = companies.uma
            try await site.anonymous.get("/events", 401)
            try await site.anonymous.get("/events?tenant=acme", 401)
            try await site.anonymous.post("/events/ticket", nil, 401)
            try await uma.get("/events?collections=nothing", 400, at: ["collections"])
            try await uma.get("/events?collections=users", 400, at: ["collections"])
            try await uma.get("/events?collections=", 400, at: ["collections"])
            try await uma.get("/events?page=1", 400, at: ["page"])
            try await uma.within("no-such-tenant").get("/events", 404)
            try await companies.root.get("/events", 400, "TENANT_REQUIRED")
            try await uma.post("/events", nil, 405, "METHOD_NOT_ALLOWED")
            try await uma.get("/events?ticket=forged", 401)

            // A key hears what its scopes and its tenant hold, and gets no ticket.
            func key(_ scopes: JSONValue) async throws -> Client {
                let made = try await uma.post("/me/api_keys", ["name": "k", "scopes": scopes])
                return Client(api: site.api, caller: Caller(name: "key", id: "", email: "", token: made.text("key") ?? ""))
            }
            let reading = try await key(["orders:read"])
            let writing = try await key(["orders:create"])
            try await writing.get("/events", 403)
            try await reading.post("/events/ticket", nil, 403)
            try await reading.within("beta").get("/events", 404)
            let heard = try await reading.listen()
            let id = try await uma.make("/orders", OrderScenarios.body)
            try await heard.wait("the order") { $0.told.map(\.title) == ["orders.created \(id)"] }
            for listed in try await uma.get("/me/api_keys").rows { try await uma.delete("/me/api_keys/\(listed.id)") }
            try await heard.ended()

            // Twenty of one user, whatever the way.
            var streams: [EventSource] = []
            for _ in 0..<20 { streams.append(try await uma.listen()) }
            try await uma.get("/events", 429) { $0.header("retry-after") == "10" }
            _ = try await companies.ugo.listen()
            streams.removeLast().close()
            // The end of a connection takes its time.
            let deadline = ContinuousClock.now + .seconds(30)
            while try await uma.listen().status == 429 { try #require(ContinuousClock.now < deadline) }
        }
    }

    @Test("A stream ends at once with what it was opened by")
    func ends() async throws {
        try await ExampleSite.run(.orders) { site in
            let companies = try await Companies(site)
            let (root, uma, mina) = (companies.root, companies.uma, companies.mina)
            func mine() async throws -> Client { try await site.signIn("mina@example.com", name: "Mina").within("acme") }

            // The session, by its user; another one of his lives on.
            let (here, there) = (try await mine(), try await mine())
            let (gone, stays) = (try await here.listen(), try await there.listen())
            let sessions = try await here.get("/me/sessions").rows
            let current = try #require(sessions.first { $0["current"] == true }).id
            try await there.delete("/me/sessions/\(current)")
            try await gone.ended()
            #expect(!stays.isOver)

            // A role that changes: she comes again, and is judged anew.
            let membership = try await companies.membership(of: mina)
            try await uma.patch("/memberships/\(membership)", ["role": "viewer"])
            try await stays.ended()

            // An account that is closed.
            let closed = try await mine().listen()
            #expect(try await site.command(["user", "disable", "mina@example.com"]).status == 0)
            try await closed.ended()

            // The tenant.
            let (owner, other) = (try await uma.listen(), try await companies.ugo.listen())
            try await root.patch("/tenants/acme", ["status": "suspended"])
            try await owner.ended()
            try await uma.get("/events", 403, "TENANT_INACTIVE")
            #expect(!other.isOver)

            // Not so a reload of a file that says the same: the stream goes on, and still ends with its session.
            site.program.signal(SIGHUP)
            _ = try await site.program.line { $0.contains("\"reloaded\"") }
            let id = try await companies.ugo.make("/orders", OrderScenarios.body)
            try await other.wait("the order") { $0.told.map(\.title) == ["orders.created \(id)"] }
            #expect(try await site.command(["user", "disable", "ugo@example.com"]).status == 0)
            try await other.ended()
            // And the end of the program (`ExampleSite.run`) does not wait for it.
        }
    }

    @Test("Tickets open a stream where no header can be sent, and are in no log")
    func tickets() async throws {
        try await ExampleSite.run(.orders, settings: ["log.level=debug"]) { site in
            let companies = try await Companies(site)
            let uma = try await site.signIn("uma@example.com", name: "Uma").within("acme")
            let ticket = try #require(try await uma.post("/events/ticket", nil, has: ["expires_in": 60]).text("ticket"))
            let stream = try await site.anonymous.listen("?ticket=\(ticket)")
            let id = try await companies.mina.make("/orders", OrderScenarios.body)
            try await stream.wait("the order") { $0.told.map(\.title) == ["orders.created \(id)"] }
            #expect(stream.lastID.split(separator: ".").count == 2, "a proof that it was opened in time")
            stream.close()
            let second = try await companies.mina.make("/orders", OrderScenarios.body)
            let again = try await site.anonymous.listen("?ticket=\(ticket)", after: stream.lastID)
            try await again.wait("the order") { $0.told.map(\.title) == ["orders.created \(second)"] }
            #expect(again.lastID.hasSuffix(stream.lastID.drop { $0 != "." }))

            // It is for its tenant alone, opens nothing else, and lives as long as its session.
            try await site.anonymous.within("beta").get("/events?ticket=\(ticket)", 404)
            try await site.anonymous.within("acme").get("/orders?ticket=\(ticket)", 401)
            let current = try #require(try await uma.get("/me/sessions").rows.first { $0["current"] == true }).id
            try await uma.delete("/me/sessions/\(current)")
            try await again.ended()
            try await site.anonymous.get("/events?ticket=\(ticket)", 401)
            #expect(!site.program.output.joined().contains(ticket))
        }
    }

    @Test("What happened before a crash is told after it, once")
    func crash() async throws {
        try await ExampleSite.run(.orders) { site in
            let companies = try await Companies(site)
            let stream = try await companies.mina.listen()
            var ids: [String] = []
            for _ in 0..<5 { ids.append(try await companies.uma.make("/orders", OrderScenarios.body)) }
            try await stream.wait("some") { $0.told.count >= 2 }
            let told = Array(stream.told.prefix(2))
            try await site.kill()
            try await site.revived { site in
                let back = try await companies.mina.at(site).listen(after: told[1].id)
                ids.append(try await companies.uma.at(site).make("/orders", OrderScenarios.body))
                let wanted = ids
                try await back.wait("the rest") { $0.told.count >= wanted.count - 2 }
                #expect((told + back.told).map { $0.data["id"]?.string ?? "" } == wanted)
            }
        }
    }

    @Test("An upload that has been processed is told to its uploader alone")
    func processing() async throws {
        try await ExampleSite.run(.orders) { site in
            let companies = try await Companies(site)
            let (own, other) = (try await companies.uma.listen(), try await companies.mina.listen())
            let narrow = try await companies.uma.listen("?collections=orders,jobs")
            let id = try await companies.uma.upload(Sample.png, named: "me.png", kind: "avatar")
            try await own.wait("the image") { !$0.told.isEmpty }
            #expect(own.told.map(\.title) == ["media.updated \(id)"])
            #expect(own.told.first?.record == (try await companies.uma.get("/media/\(id)").data))
            let order = try await companies.uma.make("/orders", OrderScenarios.body)
            for stream in [other, narrow] {
                try await stream.wait("the order") { !$0.told.isEmpty }
                #expect(stream.told.map(\.title) == ["orders.created \(order)"])
            }
        }
    }
}
