import Conformance
import Expressions
import JSON
import NIOCore
import Ports
import Schema
import Testing

@testable import Records

@Suite struct LedgerTests {
    private static let site = """
        [collections.users.fields]
        name = "string"
        [collections.posts]
        soft_delete = { set = { status = "archived", note = "= concat('was ', status)" }, retain = "30d" }
        revisions = { fields = ["title", "labels"], keep = 10 }
        audit = true
        [collections.posts.allow]
        read = "true"
        update = "me != null"
        [collections.posts.fields]
        title  = { type = "string", required = true }
        slug   = { type = "slug", from = "title", unique = true }
        note   = "string"
        labels = { type = "flags", values = ["a", "b"] }
        secret = { type = "string", private = true }
        status = { type = "enum", values = ["open", "archived"], default = "open" }
        size   = { type = "int", compute = "count(comments)" }
        [collections.comments]
        soft_delete = { set = { body = "gone" } }
        audit = true
        [collections.comments.fields]
        post   = { type = "ref", to = "posts", required = true, on_delete = "cascade" }
        parent = { type = "ref", to = "comments", as = "replies", on_delete = "cascade" }
        body   = "string"
        [collections.marks.fields]
        post = { type = "ref", to = "posts" }
        [collections.notes]
        audit = true
        [collections.notes.fields]
        post = { type = "ref", to = "posts", on_delete = "null" }
        [collections.tickets.fields]
        code = { type = "string", stamp = "random(1)", unique = true }
        kind = { type = "string", stamp = "'k'" }
        """
    private static let day: Int64 = 86_400_000

    private static func entries(_ bench: Bench, of row: Row) async throws -> [AuditEntry] {
        try await bench.write { _, transaction in
            try transaction.ledgers.audit.page(
                of: JobRecord(collection: row.collection, id: row.id), tenant: nil, limit: 99, offset: 0
            ).entries.reversed()
        }
    }

    @Test func whatADeletionSetsIsPutBackHoweverManyWaysLeadToARow() async throws {
        try await Bench.run(
            (
                Self.site,
                { bench in
                    let post = try await bench.create("posts", ["title": "A"])
                    let id = JSONValue.string(post.id)
                    let first = try await bench.create("comments", ["post": id, "body": "one"])
                    // Hidden with its post and with its parent.
                    let reply = try await bench.create("comments", ["post": id, "parent": .string(first.id), "body": "two"])
                    try await bench.delete(post)
                    #expect(try await bench.text("status", of: post) == "archived")
                    #expect(try await bench.text("note", of: post) == "was open")
                    #expect(try await bench.text("body", of: reply) == "gone")
                    #expect(try await bench.row(reply)?.version == 2)
                    _ = try await bench.restore(post)
                    #expect(try await bench.text("status", of: post) == "open")
                    #expect(try await bench.text("note", of: post) == nil)
                    #expect(try await bench.text("body", of: first) == "one")
                    #expect(try await bench.text("body", of: reply) == "two")
                    let now = try #require(try await bench.row(post))
                    #expect(now.value("size", in: try bench.collection("posts")) == .int(2))
                }
            ))
    }

    @Test func theAuditTellsWhoChangedWhatAndOutlivesTheRecord() async throws {
        try await Bench.run(
            (
                Self.site,
                { bench in
                    var user = try await bench.write { writer, _ in
                        try writer.create(writer.schema.users, Draft(), asksRule: false)
                    }
                    user.values[try #require(bench.records.schema.users.field("name")).index] = .text("Sara")
                    let sara = bench.caller(user)
                    let post = try await bench.create("posts", ["title": "A"])
                    _ = try await bench.update(post, ["title": "B", "labels": ["b"]], as: sara)
                    // Its computed field follows; nobody changed it.
                    _ = try await bench.create("comments", ["post": .string(post.id)])
                    try await bench.delete(post)
                    let note = try await bench.create("notes", ["post": .string(post.id)])
                    bench.clock.advance(by: 31 * Self.day)
                    #expect(try await bench.records.pruneDeleted(on: bench.loop) == 1)
                    #expect(try await bench.row(post) == nil)
                    let entries = try await Self.entries(bench, of: post)
                    #expect(entries.map(\.action) == ["created", "updated", "deleted", "deleted"])
                    let update = entries[1]
                    #expect(update.actor == user.id && update.actorName == "Sara")
                    #expect(update.ip == "192.0.2.1" && update.userAgent == "test" && update.requestID == "request")
                    let changes = try JSONParser.parse(update.changes)
                    #expect(changes["title"] == ["old": "A", "new": "B"] && changes["labels"] == ["old": .null, "new": ["b"]])
                    #expect(changes["secret"] == nil && changes["version"] == nil)
                    #expect(entries[0].actor == nil && entries[0].ip == nil)
                    #expect(try JSONParser.parse(entries[3].changes)["title"] == ["old": "B", "new": .null])
                    #expect(try await Self.entries(bench, of: note).map(\.action) == ["created", "updated"])
                    // They go when their time is over.
                    bench.clock.advance(by: 360 * Self.day)
                    try await bench.records.pruneAudit(on: bench.loop)
                    #expect(try await Self.entries(bench, of: post).map(\.action) == ["deleted"])
                }
            ))
    }

    @Test func whatIsRetainedGoesWhenItsTimeIsOverUnlessItIsHeld() async throws {
        try await Bench.run(
            (
                Self.site,
                { bench in
                    let held = try await bench.create("posts", ["title": "held"])
                    let free = try await bench.create("posts", ["title": "free"])
                    let young = try await bench.create("posts", ["title": "young"])
                    _ = try await bench.create("marks", ["post": .string(held.id)])
                    let comment = try await bench.create("comments", ["post": .string(free.id)])
                    for post in [held, free] { try await bench.delete(post) }
                    bench.clock.advance(by: 15 * Self.day)
                    try await bench.delete(young)
                    #expect(try await bench.records.pruneDeleted(on: bench.loop) == 0)
                    bench.clock.advance(by: 16 * Self.day)
                    #expect(try await bench.records.pruneDeleted(on: bench.loop) == 1)
                    #expect(try await bench.row(free) == nil)
                    #expect(try await bench.row(comment) == nil)
                    #expect(try await bench.row(held) != nil)
                    #expect(try await bench.row(young) != nil)
                    let revisions = try await bench.write { _, transaction in
                        try [free, held].map {
                            try transaction.ledgers.revisions.page(of: JobRecord(collection: "posts", id: $0.id), limit: 9, offset: 0).total
                        }
                    }
                    #expect(revisions == [0, 1])
                }
            ))
    }

    @Test func aUniqueStampIsDrawnAgain() async throws {
        try await Bench.run(
            (
                Self.site,
                { bench in
                    // There are 32 such texts.
                    var codes: Set<String> = []
                    for _ in 0..<25 { codes.insert(try #require(try await bench.text("code", of: try await bench.create("tickets", [:])))) }
                    #expect(codes.count == 25)
                }
            ))
    }
}
