import Config
import Expressions
import Schema
import Testing

@testable import SQLiteStore

/// Files from before they belonged to tenants become those of the one tenant whose records hold them.
@Suite struct OriginTests {
    private static let site = """
        [tenancy]
        tenant = "firms"
        member = "staff"
        [media.paper]
        accept = ["application/pdf"]
        [collections.firms.fields]
        name = "string"
        [collections.staff]
        tenant = true
        [collections.staff.fields]
        user = { type = "ref", to = "users", required = true }
        [collections.notes]
        tenant = true
        [collections.notes.fields]
        paper  = { type = "media", kind = "paper" }
        papers = { type = "medias", kind = "paper" }
        [collections.notes.fields.cover]
        type = "object"
        fields = { front = { type = "media", kind = "paper" } }
        [collections.profiles.fields]
        paper = { type = "media", kind = "paper" }
        """

    @Test func `a file is of the tenant that alone holds it, by whatever field`() async throws {
        let loaded = try ConfigurationLoader(environment: [:], overrides: []).load(text: Self.site, file: "atlas.toml")
        let schema = try SchemaCompiler.compile(loaded.configuration)
        let media = schema.media
        let origin = try #require(media.shape.origin)
        try await withTemporaryDirectory { directory in
            let connection = try Connection(path: directory + "/t.db", mode: .writer(synchronous: .normal))
            try SystemTables.prepare(connection)
            for collection in schema.collections { try CollectionTables.create(collection).forEach(connection.execute) }
            func insert(_ table: String, _ id: String, _ more: [(String, String)] = []) throws {
                let columns = ["id", "version", "created_at", "updated_at"] + more.map(\.0)
                let values = ["'\(id)'", "1", "1", "1"] + more.map { "'\($0.1)'" }
                try connection.execute(
                    "INSERT INTO \"\(table)\" (\(columns.map { "\"\($0)\"" }.joined(separator: ", "))) VALUES (\(values.joined(separator: ", ")))"
                )
            }
            // What holds each file, and whose it becomes.
            let files: [(String, [(holder: String, how: String)], String)] = [
                ("free", [], ""), ("one", [("a", "paper")], "a"), ("listed", [("b", "papers")], "b"), ("inside", [("a", "cover")], "a"),
                ("twice", [("a", "paper"), ("a", "papers")], "a"), ("torn", [("a", "paper"), ("b", "papers")], ""),
                ("outside", [("", "paper")], ""), ("half", [("a", "paper"), ("", "paper")], ""), ("own", [], "b"),
            ]
            for (file, holders, owner) in files {
                try insert("media", file, file == "own" ? [("tenant", owner)] : [])
                for (number, (tenant, how)) in holders.enumerated() {
                    let id = "\(file)\(number)"
                    if tenant.isEmpty {
                        try insert("profiles", id, [("paper", file)])
                        continue
                    }
                    try insert("notes", id, [("tenant", tenant)] + (how == "paper" ? [("paper", file)] : []))
                    if how == "papers" {
                        try connection.execute(
                            "INSERT INTO \"notes__papers\" (\"record\", \"position\", \"target\") VALUES ('\(id)', 0, '\(file)')")
                    } else if how == "cover" {
                        try connection.execute(
                            "INSERT INTO \"_atlas_mentions\" (\"target\", \"collection\", \"field\", \"record\") VALUES ('\(file)', 'notes', 'cover', '\(id)')"
                        )
                    }
                }
            }
            try Origins.fill(media.fields[origin], of: media, among: schema.collections, on: connection)
            for (file, _, owner) in files {
                let found = try connection.prepare("SELECT coalesce(\"tenant\", '') FROM \"media\" WHERE \"id\" = '\(file)'")
                #expect(try found.step())
                #expect(found.text(0) == owner, "\(file)")
            }
        }
    }
}
