import Expressions
import NIOCore
import Ports
import Schema
import Testing

extension StoreConformance {
    private struct Refusal: Error {}

    static let writing: [Case] = [
        Case(name: "An error of the body leaves nothing behind and passes through") { test async throws in
            let row = test.fixture.row(in: test.fixture.users, id: test.id(1))
            await #expect(throws: Refusal.self) {
                try await test.transaction { transaction in
                    _ = try transaction.insert(row, into: test.fixture.users)
                    throw Refusal()
                }
            }
            #expect(try await test.row(test.fixture.users, test.id(1)) == nil)
        },
        Case(name: "Sixty-four writers at once: failing neighbours hurt nobody") { test async throws in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<64 {
                    group.addTask {
                        let row = test.fixture.row(in: test.fixture.users, id: test.id(number), ["name": .text("\(number)")])
                        do {
                            try await test.transaction { transaction in
                                _ = try transaction.insert(row, into: test.fixture.users)
                                if number % 3 == 0 { throw Refusal() }
                            }
                        } catch is Refusal {
                            #expect(number % 3 == 0)
                        }
                        // Its own write is visible the moment its future has succeeded.
                        let json = try await test.json(test.fixture.users, .id(test.id(number)))
                        #expect((json != nil) == (number % 3 != 0))
                    }
                }
                try await group.waitForAll()
            }
            let page = try await test.numbers(test.fixture.users, counts: true)
            #expect(page == Page(numbers: (0..<64).filter { $0 % 3 != 0 }, total: 42))
        },
        Case(name: "A transaction sees its own changes") { test async throws in
            let row = test.fixture.row(in: test.fixture.users, id: test.id(1), ["name": .text("A")])
            let projection = test.fixture.projection(of: test.fixture.users)
            try await test.transaction { transaction in
                let number = try transaction.insert(row, into: test.fixture.users)
                #expect(number > 0)
                var stored = try #require(try transaction.row(in: "users", id: row.id))
                #expect(stored.number == number)
                #expect(stored.values == row.values)
                stored.values[5] = .text("B")
                try transaction.update(stored, in: test.fixture.users, changed: [5])
                #expect(try transaction.row(in: "users", id: row.id)?.values[5] == .text("B"))
                var buffer = ByteBuffer()
                let read = RecordRead(access: test.access(test.fixture.users), key: .id(row.id), projection: projection)
                let answer = try #require(try transaction.read(read, into: &buffer))
                #expect(String(buffer: answer.buffer).contains("\"name\":\"B\""))
                #expect(try transaction.row(in: "users", id: test.id(2)) == nil)
                #expect(try transaction.row(in: "nowhere", id: row.id) == nil)
            }
        },
        Case(name: "A conflict names its fields and rolls back only its own transaction") { test async throws in
            try await test.insert(test.fixture.users, 1, ["email": .text("a@x.org")])
            await #expect(throws: StoreError.conflict(fields: ["email"])) {
                try await test.insert(test.fixture.users, 2, ["email": .text("a@x.org")])
            }
            try await test.insert(test.fixture.posts, 3, ["author": .text(test.id(1)), "title": .text("T")])
            await #expect(throws: StoreError.conflict(fields: ["author", "title"])) {
                try await test.insert(test.fixture.posts, 4, ["author": .text(test.id(1)), "title": .text("T")])
            }
            // Null is bound by no key.
            try await test.insert(test.fixture.posts, 5, ["title": .text("T")])
            try await test.insert(test.fixture.posts, 6, ["title": .text("T")])
            await #expect(throws: StoreError.conflict(fields: ["id"])) { try await test.insert(test.fixture.posts, 6) }
            #expect(try await test.row(test.fixture.users, test.id(2)) == nil)
        },
        Case(name: "A caught conflict lets the transaction go on") { test async throws in
            try await test.insert(test.fixture.users, 1, ["email": .text("a@x.org")])
            let taken = test.fixture.row(in: test.fixture.users, id: test.id(2), ["email": .text("a@x.org")])
            let free = test.fixture.row(in: test.fixture.users, id: test.id(2), ["email": .text("b@x.org")])
            try await test.transaction { transaction in
                do {
                    _ = try transaction.insert(taken, into: test.fixture.users)
                    Issue.record("no conflict")
                } catch StoreError.conflict {
                    _ = try transaction.insert(free, into: test.fixture.users)
                }
            }
            #expect(try await test.row(test.fixture.users, test.id(2)) != nil)
        },
        Case(name: "Unique keys bind live rows; a restore may collide") { test async throws in
            let deletedAt = Row.System.deletedAt
            try await test.insert(test.fixture.posts, 1, ["slug": .text("s")])
            var row = try #require(try await test.row(test.fixture.posts, test.id(1)))
            row.values[deletedAt] = .moment(5)
            let deleted = row
            try await test.transaction { try $0.update(deleted, in: test.fixture.posts, changed: [deletedAt]) }
            #expect(try await test.json(test.fixture.posts, .id(test.id(1))) == nil)
            #expect(try await test.json(test.fixture.posts, .id(test.id(1)), life: .deleted) != nil)
            #expect(try await test.json(test.fixture.posts, .id(test.id(1)), life: .any) != nil)
            #expect(try await test.row(test.fixture.posts, test.id(1)) == nil)
            #expect(try await test.row(test.fixture.posts, test.id(1), life: .any) == deleted)
            try await test.insert(test.fixture.posts, 2, ["slug": .text("s")])
            row.values[deletedAt] = .null
            let restored = row
            await #expect(throws: StoreError.conflict(fields: ["slug"])) {
                try await test.transaction { try $0.update(restored, in: test.fixture.posts, changed: [deletedAt]) }
            }
        },
        Case(name: "Members keep the client's order and go with their record") { test async throws in
            let targets = [9, 3, 7].map { Value.text(test.id($0)) }
            try await test.insert(test.fixture.posts, 1, ["tags": .list(targets)])
            var row = try #require(try await test.row(test.fixture.posts, test.id(1)))
            let tags = try #require(test.fixture.posts.field("tags"))
            #expect(row.values[tags.index] == .list(targets))
            row.values[tags.index] = .list([.text(test.id(3)), .text(test.id(4))])
            let changed = row
            try await test.transaction { try $0.update(changed, in: test.fixture.posts, changed: [tags.index]) }
            #expect(try await test.row(test.fixture.posts, test.id(1)) == changed)
            let referrers = try await test.transaction {
                try $0.referrers(to: test.id(4), in: test.fixture.posts, by: tags, limit: 5)
            }
            #expect(referrers == [test.id(1)])
            try await test.transaction { try $0.remove(changed, from: test.fixture.posts) }
            let gone = try await test.transaction {
                try $0.referrers(to: test.id(4), in: test.fixture.posts, by: tags, limit: 5)
            }
            #expect(gone.isEmpty)
            #expect(try await test.row(test.fixture.posts, test.id(1), life: .any) == nil)
        },
        Case(name: "Referrers are live and deleted rows, oldest first, limited") { test async throws in
            let author = try #require(test.fixture.posts.field("author"))
            for number in 1...4 {
                try await test.insert(
                    test.fixture.posts, number,
                    ["author": .text(test.id(number == 3 ? 98 : 99)), "deleted_at": number == 1 ? .moment(1) : .null])
            }
            let two = try await test.transaction {
                try $0.referrers(to: test.id(99), in: test.fixture.posts, by: author, limit: 2)
            }
            #expect(two == [test.id(1), test.id(2)])
        },
        Case(name: "Every kind of value comes back as it was, NUL and a megabyte included") { test async throws in
            let values: [String: Value] = [
                "title": .text("a\u{0}b\"\\\n☃"), "body": .text(String(repeating: "سلام ", count: 200_000)),
                "views": .int(.max), "rating": .float(-0.1), "published": .bool(false), "day": .date(-1),
                "starts_at": .moment(.min / 2), "length": .duration(90_000), "status": .text(""), "meta": .text("{\"a\": [1]}"),
                "author": .text(test.id(7)), "tags": .list([]), "cover": .null, "slug": .text("x"),
            ]
            try await test.insert(test.fixture.posts, 1, values)
            let row = try #require(try await test.row(test.fixture.posts, test.id(1)))
            for (name, value) in values {
                let field = try #require(test.fixture.posts.field(name))
                #expect(row.values[field.index] == value, "\(name)")
            }
        },
        Case(name: "Sessions and credentials") { test async throws in
            try await test.transaction { transaction in
                let accounts = transaction.accounts
                #expect(try accounts.credential(of: "u") == nil)
                try accounts.setCredential(Credential(user: "u", hash: "h1", changedAt: 1))
                try accounts.setCredential(Credential(user: "u", hash: "h2", changedAt: 2))
                #expect(try accounts.credential(of: "u") == Credential(user: "u", hash: "h2", changedAt: 2))
                var one = Session(id: "1", user: "u", createdAt: 1, expiresAt: 10, refreshHash: [1])
                let two = Session(id: "2", user: "u", createdAt: 1, expiresAt: 20, refreshHash: [2])
                let other = Session(id: "3", user: "v", createdAt: 1, expiresAt: 30, refreshHash: [3])
                for session in [one, two, other] { try accounts.saveSession(session) }
                one.previousHash = one.refreshHash
                one.refreshHash = [4, 0]
                one.rotatedAt = 5
                try accounts.saveSession(one)
                #expect(try accounts.session("1") == one)
                #expect(try accounts.session(refreshHash: [1]) == one)
                #expect(try accounts.session(refreshHash: [4, 0]) == one)
                #expect(try accounts.session(refreshHash: [4]) == nil)
                try accounts.noteUse([
                    SessionUse(session: "1", at: 7, address: "192.0.2.1", userAgent: "curl"),
                    SessionUse(session: "gone", at: 7, address: "", userAgent: ""),
                ])
                (one.usedAt, one.address, one.userAgent) = (7, "192.0.2.1", "curl")
                #expect(try accounts.sessions(of: "u") == [two, one])
                #expect(try accounts.session("gone") == nil)
                #expect(try accounts.removeSessions(of: "u", except: "2") == ["1"])
                #expect(try accounts.pruneSessions(before: 30) == 1)
                try accounts.removeSession("3")
                for isClosed in [true, true, false, false] {
                    try accounts.setClosed("u", isClosed)
                    #expect(try accounts.isClosed("u") == isClosed)
                }
                try accounts.removeCredential(of: "u")
                #expect(try accounts.credential(of: "u") == nil)
                #expect(try accounts.session("3") == nil)
            }
        },
        Case(name: "Failed sign-ins are counted over a time") { test async throws in
            try await test.transaction { transaction in
                let failures = transaction.failures
                for moment in [1, 2, 3, 3] as [Int64] { try failures.addFailure(of: [1], at: moment, forget: 0) }
                try failures.addFailure(of: [2], at: 3, forget: 2)
                #expect(try failures.failures(of: [1], since: 0, limit: 9) == [2, 3, 3])
                #expect(try failures.failures(of: [1], since: 3, limit: 9) == [3, 3])
                #expect(try failures.failures(of: [1], since: 0, limit: 1) == [3])
                try failures.clearFailures(of: [1])
                #expect(try failures.failures(of: [1], since: 0, limit: 9).isEmpty)
                #expect(try failures.failures(of: [2], since: 0, limit: 9) == [3])
            }
        },
        Case(name: "Signing keys, the youngest first") { test async throws in
            try await test.transaction { transaction in
                let keys = transaction.signingKeys
                let (old, young) = (
                    StoredSigningKey(id: "a", sealed: [0, 1], createdAt: 1), StoredSigningKey(id: "b", sealed: [2], createdAt: 2)
                )
                for key in [old, young] { try keys.addSigningKey(key) }
                #expect(try keys.signingKeys() == [young, old])
                try keys.removeSigningKey("a")
                #expect(try keys.signingKeys() == [young])
            }
        },
    ]
}
