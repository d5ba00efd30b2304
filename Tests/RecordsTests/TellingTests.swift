import Expressions
import JSON
import NIOCore
import Ports
import Synchronization
import Testing

@testable import Records

/// Who hears of a record that is gone: who could surely read it before.
@Suite struct TellingTests {
    private static func site(_ rule: String) -> String {
        """
        [realtime]
        collections = ["notes"]
        [collections.users.fields]
        name = "string"
        [collections.books.fields]
        owner = { type = "ref", to = "users" }
        [collections.notes.fields]
        text   = "string"
        author = { type = "ref", to = "users" }
        book   = { type = "ref", to = "books", on_delete = "cascade" }
        [collections.notes.allow]
        read   = "\(rule)"
        create = "true"
        delete = "true"
        [collections.blocks.fields]
        note   = { type = "ref", to = "notes", on_delete = "cascade" }
        user   = { type = "ref", to = "users" }
        """
    }

    /// What a caller is told of the deletion of a note that bars one of two readers and whose book is owned by the other.
    private func told(_ rule: String, deletesBook: Bool = false) async throws -> (barred: Bool, other: Bool) {
        let answers = Answers()
        try await Bench.run(
            (
                Self.site(rule),
                { bench in
                    let barred = try await bench.create("users", ["name": "Barred"])
                    let other = try await bench.create("users", ["name": "Other"])
                    let book = try await bench.create("books", ["owner": .string(other.id)])
                    let note = try await bench.create(
                        "notes", ["text": "t", "author": .string(other.id), "book": .string(book.id)])
                    _ = try await bench.create("blocks", ["note": .string(note.id), "user": .string(barred.id)])
                    try await bench.delete(deletesBook ? book : note)
                    let last = try await bench.records.store.snapshot(on: bench.loop) { snapshot in
                        try snapshot.events.events(after: 0, limit: 100).last?.event
                    }.get()
                    let event = try #require(last)
                    #expect(event.name == "deleted" && event.record.id == note.id)
                    for (user, isBarred) in [(barred, true), (other, false)] {
                        let line = try await bench.records.tell(event, to: bench.caller(user), into: ByteBuffer(), on: bench.loop).get()
                        answers.note(line != nil, isBarred: isBarred)
                    }
                }
            ))
        return answers.value
    }

    @Test(arguments: [
        // Who was barred is not told because what barred him went along; nor who was not, since nobody can tell.
        ("not exists(blocks where user == me)", false, false),
        ("count(blocks where user == me) == 0", false, false),
        ("me != null and not (me in blocks.user)", false, false),
        ("author == me or not exists(blocks where user == me)", false, true),
        ("not exists(all.blocks where user == me)", false, false),
        ("exists(all.books where exists(all.notes where author == me)) and not exists(blocks where user == me)", false, false),
        // What is still there counts.
        ("author == me", false, true), ("book.owner == me", false, true), ("exists(all.books where owner == me)", false, true),
        ("not (author == me)", true, false), ("not (book.owner == me)", true, false), ("book != null", true, true),
        // Both rest on what is gone.
        ("exists(blocks where user == me)", false, false), ("true", true, true), ("me == null", false, false),
    ])
    func deletions(_ rule: String, _ barred: Bool, _ other: Bool) async throws {
        let told = try await told(rule)
        #expect(told.barred == barred && told.other == other, "\(rule): \(told)")
    }

    @Test(arguments: [
        ("book.owner == me", false, false), ("not (book.owner == me)", false, false), ("book.owner == null", false, false),
        ("coalesce(book.owner, me) == me", false, false), ("author == me or book.owner != me", false, true),
    ])
    func deletionsAlongWithWhatTheyReferTo(_ rule: String, _ barred: Bool, _ other: Bool) async throws {
        let told = try await told(rule, deletesBook: true)
        #expect(told.barred == barred && told.other == other, "\(rule): \(told)")
    }
}

private final class Answers: Sendable {
    private let answers = Mutex((barred: false, other: false))

    func note(_ isTold: Bool, isBarred: Bool) {
        answers.withLock { if isBarred { $0.barred = isTold } else { $0.other = isTold } }
    }

    var value: (barred: Bool, other: Bool) { answers.withLock { $0 } }
}
