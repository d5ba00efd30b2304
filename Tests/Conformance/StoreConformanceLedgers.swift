import Expressions
import Ports
import Schema
import Testing

extension StoreConformance {
    private static let record = JobRecord(collection: "posts", id: "a")
    private static let other = JobRecord(collection: "posts", id: "b")

    static let ledgers: [Case] = [
        Case(name: "Due times: replaced as a whole, waiting ones earliest first") { test async throws in
            try await test.transaction { transaction in
                let due = transaction.ledgers.due
                #expect(try due.next() == nil)
                let late = DueEntry(record: record, transition: "late", moment: 30)
                let refused = DueEntry(record: record, transition: "refused", moment: 1, standing: .refused)
                let early = DueEntry(record: other, transition: "early", moment: 10)
                try due.set([late, refused], of: record)
                try due.set([early], of: other)
                #expect(try due.entries(of: record) == [late, refused])
                #expect(try due.next() == 10)
                #expect(try due.due(by: 9, limit: 10).isEmpty)
                #expect(try due.due(by: 30, limit: 10) == [early, late])
                #expect(try due.due(by: 30, limit: 1) == [early])
                try due.keep(["late"], of: "posts")
                #expect(try due.entries(of: record) == [late])
                #expect(try due.entries(of: other).isEmpty)
                try due.set([], of: record)
                #expect(try due.next() == nil)
            }
        },
        Case(name: "Revisions: numbers are never used again, the newest remain") { test async throws in
            try await test.transaction { transaction in
                let revisions = transaction.ledgers.revisions
                for number in 1...5 as ClosedRange<Int64> {
                    let given = try revisions.append("{\"n\":\(number)}", of: record, editor: number == 1 ? nil : "u", at: number, keep: 2)
                    #expect(given == number)
                }
                #expect(try revisions.append("{}", of: other, editor: nil, at: 9, keep: 2) == 1)
                let page = try revisions.page(of: record, limit: 1, offset: 0)
                #expect(page.total == 2)
                #expect(page.revisions == [Revision(number: 5, editor: "u", createdAt: 5, values: "{\"n\":5}")])
                #expect(try revisions.page(of: record, limit: 9, offset: 1).revisions.map(\.number) == [4])
                #expect(try revisions.revision(4, of: record)?.values == "{\"n\":4}")
                #expect(try revisions.revision(3, of: record) == nil)
                try revisions.remove(record)
                #expect(try revisions.page(of: record, limit: 9, offset: 0).total == 0)
                #expect(try revisions.page(of: other, limit: 9, offset: 0).total == 1)
            }
        },
        Case(name: "Audit: of one record in one tenant, newest first, pruned by age") { test async throws in
            try await test.transaction { transaction in
                let audit = transaction.ledgers.audit
                var entries: [AuditEntry] = []
                for number in 1...4 as ClosedRange<Int64> {
                    var entry = AuditEntry(
                        id: "\(number)", record: number == 4 ? other : record, at: number, action: "updated", changes: "{}")
                    entry.actor = "u"
                    entry.actorName = "Sara"
                    entry.ip = "192.0.2.1"
                    entry.userAgent = "agent"
                    entry.requestID = "r"
                    if number == 3 { entry.tenant = "t" }
                    try audit.append(entry)
                    entries.append(entry)
                }
                #expect(try audit.page(of: record, tenant: nil, limit: 9, offset: 0).entries == [entries[1], entries[0]])
                #expect(try audit.page(of: record, tenant: nil, limit: 1, offset: 1).entries == [entries[0]])
                #expect(try audit.page(of: record, tenant: nil, limit: 1, offset: 1).total == 2)
                #expect(try audit.page(of: record, tenant: "t", limit: 9, offset: 0).entries == [entries[2]])
                #expect(try audit.prune(before: 3, limit: 1) == 1)
                #expect(try audit.prune(before: 3, limit: 9) == 1)
                #expect(try audit.page(of: record, tenant: nil, limit: 9, offset: 0).total == 0)
                #expect(try audit.page(of: other, tenant: nil, limit: 9, offset: 0).total == 1)
            }
        },
        Case(name: "Answers are kept under their key for their time") { test async throws in
            try await test.transaction { transaction in
                let answers = transaction.ledgers.answers
                let key = AnswerKey(scope: "user u\n\napi/v1/posts", key: "k")
                let answer = KeptAnswer(digest: [1, 2], id: "a", version: 3, body: Array("{}".utf8))
                #expect(try answers.answer(key, after: 0) == nil)
                try answers.keep(answer, under: key, at: 100, after: 0)
                #expect(try answers.answer(key, after: 100) == answer)
                #expect(try answers.answer(key, after: 101) == nil)
                #expect(try answers.answer(AnswerKey(scope: "user v", key: "k"), after: 0) == nil)
                // The next one sweeps what is over.
                try answers.keep(answer, under: AnswerKey(scope: "s", key: "l"), at: 200, after: 150)
                #expect(try answers.answer(key, after: 0) == nil)
                #expect(try answers.answer(AnswerKey(scope: "s", key: "l"), after: 150) == answer)
            }
        },
        Case(name: "Upkeep finds what was hidden long enough, and keeps its notes") { test async throws in
            for number in 1...4 {
                try await test.insert(test.fixture.posts, number, ["deleted_at": number < 4 ? .moment(Int64(number)) : .null])
            }
            try await test.transaction { transaction in
                let upkeep = transaction.ledgers.upkeep
                let posts = test.fixture.posts
                let first = try upkeep.hidden(in: posts, before: 3, after: 0, limit: 1)
                #expect(first.ids == [test.id(1)])
                let rest = try upkeep.hidden(in: posts, before: 3, after: first.last, limit: 9)
                #expect(rest.ids == [test.id(2)])
                #expect(try upkeep.hidden(in: posts, before: 3, after: rest.last, limit: 9).ids.isEmpty)
                #expect(try upkeep.note("x") == nil)
                try upkeep.setNote("x", "1")
                try upkeep.setNote("x", "2")
                #expect(try upkeep.note("x") == "2")
            }
        },
    ]
}
