import Conformance
import Expressions
import JSON
import NIOCore
import Ports
import Schema
import Testing

@testable import Records

/// Invitations: one mail, one member, by whom may still invite.
@Suite struct InvitationTests {
    private static let site = """
        [tenancy]
        tenant      = "firms"
        member      = "staff"
        invitations = { ttl = "1h" }
        active_when = "is_open"
        [auth]
        active_when = "is_active"
        [collections.users.fields]
        is_active = { type = "bool", default = true }
        [collections.firms.fields]
        name    = "string"
        is_open = { type = "bool", default = true }
        [collections.staff]
        tenant = true
        [collections.staff.allow]
        read = "member != null"
        [collections.staff.fields]
        user  = { type = "ref", to = "users", required = true, unique = true, on_delete = "cascade" }
        role  = { type = "enum", values = ["boss", "clerk"], default = "clerk" }
        since = { type = "datetime", stamp = "now" }
        [collections.invitations.allow]
        read   = "member.role == 'boss'"
        create = "member.role == 'boss' and role != 'boss'"
        [collections.notes]
        tenant = true
        [collections.notes.fields]
        body   = "text"
        parent = { type = "ref", to = "notes", as = "answers" }
        """

    private struct Cast: Sendable {
        var firm: Row
        var boss: Row
        var clerk: Row
        var stranger: Row
        var bossMember: Row
    }

    private static func cast(_ bench: Bench) async throws -> Cast {
        var people: [Row] = []
        for name in ["boss", "clerk", "stranger"] {
            let users = try bench.collection("users")
            let email = try #require(users.field("email")).index
            let verified = try #require(users.field("email_verified")).index
            people.append(
                try await bench.write { writer, _ in
                    try writer.create(users, Draft(), adding: [email: .text("\(name)@example.com"), verified: .bool(true)])
                })
        }
        let firm = try await bench.create("firms", ["name": "Firm"])
        let staff = try bench.collection("staff")
        let user = try #require(staff.field("user")).index
        let role = try #require(staff.field("role")).index
        let tenant = try #require(staff.shape.tenant)
        let (boss, firmID) = (people[0], firm.id)
        let member = try await bench.write { writer, _ in
            try writer.create(
                staff, Draft(), adding: [user: .text(boss.id), role: .text("boss"), tenant: .text(firmID)])
        }
        return Cast(firm: firm, boss: boss, clerk: people[1], stranger: people[2], bossMember: member)
    }

    private static func boss(_ cast: Cast, _ bench: Bench) -> Caller {
        var caller = bench.caller(cast.boss)
        (caller.environment.tenant, caller.environment.member) = (cast.firm, cast.bossMember)
        return caller
    }

    /// Invites, and gives the token of the mail.
    private static func invite(_ email: String, as caller: Caller, _ bench: Bench) async throws -> (row: Row, token: String) {
        let row = try await bench.create("invitations", ["email": .string(email)], as: caller)
        let mails = try await bench.jobs(of: "mail")
        let mail = try #require(mails.last)
        let sealed = try #require(try JSONParser.parse(mail.payload)["sealed"]?.string)
        let text = String(decoding: try #require(Base64.decodeURL(sealed)), as: UTF8.self)
        let token = try #require(text.split(separator: "token=").last?.prefix { !$0.isWhitespace && $0 != "\"" && $0 != "\\" })
        return (row, String(token))
    }

    private static func accept(_ token: String, as user: Row, _ bench: Bench) async throws -> Row {
        try await bench.write(as: bench.caller(user)) { writer, _ in try writer.acceptInvitation(token).membership }
    }

    @Test func `a token makes one member, once, and stands nowhere`() async throws {
        try await Bench.run(
            (
                Self.site,
                { bench in
                    let cast = try await Self.cast(bench)
                    let (row, token) = try await Self.invite("Clerk@Example.com", as: Self.boss(cast, bench), bench)
                    #expect(!row.values.contains { $0 == .text(token) || $0 == .text(String(token.split(separator: ".").last ?? "")) })
                    let wrong = row.id + "." + String(repeating: "A", count: 43)
                    for bad in ["", ".", "x.y", row.id, row.id + ".", wrong, token + "x"] {
                        await #expect(throws: RecordError.self, "\(bad)") { _ = try await Self.accept(bad, as: cast.clerk, bench) }
                    }
                    await #expect(throws: RecordError.self, "not his") { _ = try await Self.accept(token, as: cast.stranger, bench) }
                    let clerk = cast.clerk
                    let made = await withTaskGroup(of: Row?.self) { group in
                        for _ in 0..<50 { group.addTask { try? await Self.accept(token, as: clerk, bench) } }
                        return await group.reduce(into: [Row]()) { if let row = $1 { $0.append(row) } }
                    }
                    #expect(made.count == 1)
                    let staff = try bench.collection("staff")
                    #expect(made.first?.value("user", in: staff) == .text(cast.clerk.id))
                    #expect(made.first?.value("role", in: staff) == .text("clerk"))
                    #expect(made.first?.value("since", in: staff) == .moment(bench.clock.now()))
                    #expect(try await bench.text("status", of: row) == "ACCEPTED")
                }
            ))
    }

    @Test(arguments: [("", false), ("[collections.firms.allow]\nread = \"exists(all.staff where tenant == this and user == me)\"", true)])
    func `the answer says of which tenant, as far as its new member may read it`(rules: String, isRead: Bool) async throws {
        try await Bench.run(
            (
                Self.site + "\n" + rules,
                { bench in
                    let cast = try await Self.cast(bench)
                    let token = try await Self.invite("clerk@example.com", as: Self.boss(cast, bench), bench).token
                    let written = try await bench.records.acceptInvitation(
                        token, for: bench.caller(cast.clerk), into: ByteBuffer(string: "before"), on: bench.loop
                    ).get()
                    let text = String(buffer: written.answer.buffer)
                    #expect(text.hasPrefix("before{"))
                    let answer = try JSONParser.parse(String(text.dropFirst("before".count)))
                    let tenant: JSONValue = isRead ? ["id": .string(cast.firm.id), "name": "Firm"] : ["id": .string(cast.firm.id)]
                    #expect(answer["tenant"] == tenant, "\(text)")
                    #expect(answer["id"] == .string(written.row.id) && answer["role"] == "clerk", "\(text)")
                }
            ))
    }

    @Test func `what nobody accepts in time says so`() async throws {
        try await Bench.run(
            (
                Self.site,
                { bench in
                    let cast = try await Self.cast(bench)
                    let (taken, token) = try await Self.invite("clerk@example.com", as: Self.boss(cast, bench), bench)
                    _ = try await Self.accept(token, as: cast.clerk, bench)
                    let left = try await Self.invite("stranger@example.com", as: Self.boss(cast, bench), bench).row
                    bench.clock.advance(by: 3_599_999)
                    try await bench.records.expireInvitations(on: bench.loop)
                    #expect(try await bench.text("status", of: left) == "PENDING")
                    bench.clock.advance(by: 1)
                    try await bench.records.expireInvitations(on: bench.loop)
                    #expect(try await bench.text("status", of: left) == "EXPIRED")
                    #expect(try await bench.text("status", of: taken) == "ACCEPTED")
                }
            ))
    }

    /// What happens between invitation and acceptance, and whether the invitation outlives it.
    @Test(arguments: [
        ("nothing", true), ("the hour is over", false), ("a second invitation", false), ("the inviter is a clerk now", false),
        ("the inviter has left", false), ("the inviter is suspended", false), ("the inviter is gone", false), ("the firm is closed", false),
        ("the address is not verified", false), ("the address is another", false), ("he is a member already", false),
    ]) func `an invitation holds while everything does that it stands on`(change: String, holds: Bool) async throws {
        try await Bench.run(
            (
                Self.site,
                { bench in
                    let cast = try await Self.cast(bench)
                    let boss = Self.boss(cast, bench)
                    let (_, token) = try await Self.invite("clerk@example.com", as: boss, bench)
                    var clerk = cast.clerk
                    func set(_ field: String, _ value: Value, of row: Row) async throws -> Row {
                        let collection = try bench.collection(row.collection)
                        let index = try #require(collection.field(field)).index
                        return try #require(
                            try await bench.write { writer, _ in try writer.set([index: value], of: collection, id: row.id) })
                    }
                    switch change {
                    case "the hour is over": bench.clock.advance(by: 3_600_000)
                    case "a second invitation": _ = try await Self.invite("clerk@example.com", as: boss, bench)
                    case "the inviter is a clerk now": _ = try await set("role", .text("clerk"), of: cast.bossMember)
                    case "the inviter has left": try await bench.delete(cast.bossMember)
                    case "the inviter is suspended": _ = try await set("is_active", .bool(false), of: cast.boss)
                    case "the inviter is gone": try await bench.delete(cast.boss)
                    case "the firm is closed": _ = try await set("is_open", .bool(false), of: cast.firm)
                    case "the address is not verified": clerk = try await set("email_verified", .bool(false), of: clerk)
                    case "the address is another": clerk = try await set("email", .text("other@example.com"), of: clerk)
                    case "he is a member already":
                        let (_, other) = try await Self.invite("clerk@example.com", as: boss, bench)
                        _ = try await Self.accept(other, as: clerk, bench)
                        let (_, third) = try await Self.invite("clerk@example.com", as: boss, bench)
                        await #expect(throws: RecordError.checkFailed(status: 409, message: "you are a member already")) {
                            _ = try await Self.accept(third, as: clerk, bench)
                        }
                    default: break
                    }
                    let person = clerk
                    if holds {
                        _ = try await Self.accept(token, as: person, bench)
                    } else {
                        await #expect(throws: RecordError.self) { _ = try await Self.accept(token, as: person, bench) }
                    }
                }
            ))
    }

    @Test func `what a tenant leaves goes by a job, whatever refers to what`() async throws {
        try await Bench.run(
            (
                Self.site,
                { bench in
                    let cast = try await Self.cast(bench)
                    let other = try await bench.create("firms", ["name": "Other"])
                    let notes = try bench.collection("notes")
                    let tenant = try #require(notes.shape.tenant)
                    let parent = try #require(notes.field("parent")).index
                    for firm in [cast.firm, other] {
                        let first = try await bench.write { writer, _ in
                            try writer.create(notes, Draft(), adding: [tenant: .text(firm.id)])
                        }
                        for _ in 0..<250 {
                            _ = try await bench.write { writer, _ in
                                try writer.create(notes, Draft(), adding: [tenant: .text(firm.id), parent: .text(first.id)])
                            }
                        }
                    }
                    try await bench.delete(cast.firm)
                    let jobs = try await bench.jobs(of: "maintenance")
                    #expect(jobs.map(\.kind) == ["tenant.erase"])
                    #expect(try JSONParser.parse(jobs.first?.payload ?? [])["tenant"]?.string == cast.firm.id)
                    func count() async throws -> Int {
                        try await bench.write { _, transaction in try transaction.walk.ids(in: notes, after: 0, limit: 1_000).ids.count }
                    }
                    #expect(try await count() == 502)
                    try await bench.records.erase(tenant: cast.firm.id, on: bench.loop) { _ in }
                    #expect(try await count() == 251)
                    #expect(try await bench.row(cast.bossMember) == nil)
                }
            ))
    }
}
