import Conformance
import Expressions
import NIOCore
import NIOPosix
import Ports
import Schema
import Testing

@testable import SQLiteStore

@Suite struct MigrationTests {
    private let loop = MultiThreadedEventLoopGroup.singleton.next()

    private func open(_ directory: String, _ collections: [Collection]) throws -> SQLiteStore {
        try SQLiteStore.open(
            directory: directory, collections: collections, options: .init(readers: 1), group: MultiThreadedEventLoopGroup.singleton)
    }

    private func migration(_ steps: [MigrationStep], _ collections: [Collection], snapshot: String = "{}", at: Int64 = 0) -> Migration {
        Migration(steps: steps, collections: collections, snapshot: snapshot, description: "test", binary: "1.0", at: at)
    }

    /// The collection with other fields, keys or indexes.
    private func variant(_ collection: Collection, without names: Set<String> = [], unique: [UniqueKey]? = nil) -> Collection {
        let fields = collection.fields.filter { !names.contains($0.name) }.enumerated().map { index, field in
            var field = field
            field.index = index
            field.model.index = index
            return field
        }
        return Collection(
            number: collection.number, name: collection.name, path: collection.path,
            model: CollectionModel(
                name: collection.name, table: collection.model.table, fields: fields.map(\.model), softDelete: collection.isSoftDeleted),
            fields: fields, lookup: nil, uniqueKeys: unique ?? [], indexes: [])
    }

    private func names(_ store: SQLiteStore, _ type: String) async throws -> [String] {
        try await store.writer.perform { context in
            let statement = try context.connection.prepare(
                "SELECT name FROM sqlite_schema WHERE type = ? AND name NOT LIKE '_atlas%' AND name NOT LIKE 'sqlite%' AND sql IS NOT NULL ORDER BY name"
            )
            statement.bind(type, at: 1)
            var names: [String] = []
            while try statement.step() { names.append(statement.text(0)) }
            return names
        }
    }

    @Test func tablesAndIndexesFollowTheCollections() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = StoreFixture()
            let store = try open(directory, fixture.collections)
            #expect(try await store.storedSnapshot() == nil)
            try await store.migrate(migration(fixture.collections.map { .createCollection($0) }, fixture.collections, snapshot: "A"))
            #expect(try await store.storedSnapshot() == "A")
            #expect(try await names(store, "table") == ["media", "posts", "posts_photos", "posts_tags", "users"])
            #expect(
                try await names(store, "index") == [
                    "posts__about", "posts__author", "posts__cover", "posts_author_title", "posts_created_at", "posts_photos_target",
                    "posts_slug", "posts_status_views",
                    "posts_tags_target", "users_email",
                ])
            // Dropping an indexed column, a renamed column and a filled one; the indexes that are no longer wanted go.
            let posts = variant(fixture.posts, without: ["slug"])
            try await store.migrate(
                migration(
                    [
                        .dropColumn(table: "posts", column: "slug"), .renameColumn(table: "posts", from: "views", to: "seen"),
                        .renameColumn(table: "posts", from: "seen", to: "views"),
                        .fill(table: "posts", column: "views", .int(3)), .dropTable("media"),
                    ], [fixture.users, posts], snapshot: "B", at: 1))
            #expect(try await store.storedSnapshot() == "B")
            #expect(
                try await names(store, "index") == [
                    "posts__about", "posts__author", "posts__cover", "posts_photos_target", "posts_tags_target", "users_email",
                ])
            let ledger = try await store.writer.perform { context in
                let statement = try context.connection.prepare("SELECT count(*), max(at) FROM _atlas_migrations")
                _ = try statement.step()
                return [statement.integer(0), statement.integer(1)]
            }
            #expect(ledger == [2, 1])
            await store.close()
        }
    }

    @Test func addedFieldIsThereForOldRows() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = StoreFixture()
            let old = variant(fixture.posts, without: ["views", "tags", "slug"])
            let before = try open(directory, [old])
            try await before.migrate(migration([.createCollection(old)], [old]))
            let row = fixture.row(in: old, id: UUIDv7.text(milliseconds: 1, random: []))
            try await before.transaction(on: loop) { _ = try $0.insert(row, into: old) }.get()
            await before.close()

            let store = try open(directory, fixture.collections)
            let added = try ["views", "tags", "slug"].map { MigrationStep.addField(try #require(fixture.posts.field($0)), fixture.posts) }
            try await store.migrate(
                migration(added + [.createCollection(fixture.users), .createCollection(fixture.media)], fixture.collections, at: 5))
            let read = try await store.transaction(on: loop) { try $0.row(in: "posts", id: row.id) }.get()
            let tags = try #require(fixture.posts.field("tags"))
            #expect(read?.values[tags.index] == .list([]))
            #expect(DataDirectory.names(in: directory + "/snapshots") == ["5.db"])
            await store.close()
        }
    }

    @Test func impossibleUniqueKeyChangesNothing() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = StoreFixture()
            let loose = variant(fixture.users)
            let store = try open(directory, [loose])
            try await store.migrate(migration([.createCollection(loose)], [loose], snapshot: "A"))
            for number in 1...2 {
                let row = fixture.row(
                    in: loose, id: UUIDv7.text(milliseconds: Int64(number), random: []), ["email": .text("a@x.org")])
                try await store.transaction(on: loop) { _ = try $0.insert(row, into: loose) }.get()
            }
            let email = try #require(loose.field("email"))
            let strict = variant(loose, unique: [UniqueKey(name: "users_email", fields: [email.index])])
            await #expect(throws: SharedValues(collection: "users", fields: ["email"], values: ["a@x.org"])) {
                try await store.migrate(migration([.createCollection(fixture.media)], [strict, fixture.media], snapshot: "B", at: 3))
            }
            #expect(try await store.storedSnapshot() == "A")
            #expect(try await names(store, "table") == ["users"])
            await store.close()
        }
    }

    @Test func threeCopiesAreKept() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = StoreFixture()
            let store = try open(directory, [fixture.users])
            try await store.migrate(migration([.createCollection(fixture.users)], [fixture.users]))
            for moment in 1...5 {
                let fill = MigrationStep.fill(table: "users", column: "name", .text("x"))
                try await store.migrate(migration([fill], [fixture.users], at: Int64(1_000 + moment)))
            }
            #expect(DataDirectory.names(in: directory + "/snapshots") == ["1003.db", "1004.db", "1005.db"])
            let copy = try Connection(path: directory + "/snapshots/1005.db", mode: .reader)
            let check = try copy.prepare("PRAGMA integrity_check")
            #expect(try check.step() && check.text(0) == "ok")
            await store.close()
        }
    }
}
