import Config
import Expressions
import Testing

@testable import Schema

@Suite struct CompilationTests {
    private func compile(_ text: String) throws -> (Schema, [CollectionDeclaration]) {
        let loaded = try ConfigurationLoader(environment: [:], overrides: []).load(text: text, file: "atlas.toml")
        return (try SchemaCompiler.compile(loaded.configuration), loaded.configuration.collections)
    }

    private static let notes = """
        [collections.notes]
        soft_delete = true
        [collections.notes.allow]
        read = "true"
        [collections.notes.fields]
        title = { type = "string", required = true }
        state = { type = "enum", values = ["a", "b"], default = "a" }
        """

    @Test func usersAndMediaExistByThemselves() throws {
        let (schema, _) = try compile("")
        #expect(schema.collections.map(\.name) == ["users", "media"])
        #expect(schema.users.field("email") != nil && schema.users.behaviour.create == nil)
    }

    @Test func aFaultInAnExpressionHasItsPlace() throws {
        let text = "[collections.a]\n[collections.a.allow]\nread = \"titel == 'x'\"\n[collections.a.fields]\ntitle = \"string\"\n"
        do {
            _ = try compile(text)
            Issue.record("an unknown name was accepted")
        } catch let faults as Faults {
            let fault = try #require(faults.all.first)
            #expect(fault.at.line == 3 && fault.at.column == 9 && fault.length == 5)
        }
    }

    @Test func aMissingRuleRefuses() throws {
        let (schema, _) = try compile("[collections.a.fields]\nx = \"string\"\n")
        let collection = try #require(schema.collection("a"))
        #expect(collection.behaviour.read == nil && collection.behaviour.create == nil)
    }

    @Test func whatCascadesFromHiddenRowsIsHidden() throws {
        let (schema, _) = try compile(
            Self.notes + "\n[collections.replies.fields]\nnote = { type = \"ref\", to = \"notes\", on_delete = \"cascade\" }\n")
        let replies = try #require(schema.collection("replies"))
        #expect(replies.isSoftDeleted && !replies.behaviour.deletesSoftly)
    }

    @Test func plansTellWhatIsSafe() throws {
        let (old, _) = try compile(Self.notes)
        let snapshot = try #require(SchemaSnapshot(text: SchemaSnapshot(old).text))
        #expect(snapshot == SchemaSnapshot(old))
        func steps(_ text: String) throws -> [String] {
            let (schema, declarations) = try compile(text)
            return MigrationPlan(from: snapshot, to: schema, declarations: declarations).steps.map {
                "\($0.safety.rawValue)|\($0.permission ?? "")"
            }
        }
        #expect(try steps(Self.notes).isEmpty)
        #expect(try steps(Self.notes + "\nbody = \"text\"") == ["safe|"])
        #expect(try steps(Self.notes + "\nbody = { type = \"text\", required = true }") == ["needs data|add:notes.body"])
        #expect(try steps("") == ["destructive|drop:notes"])
        #expect(try steps(Self.notes.replacing("\"a\", \"b\"", with: "\"a\"")) == ["destructive|narrow:notes.state"])
        #expect(try steps(Self.notes.replacing("title = { type", with: "name = { was = \"title\", type")) == ["safe|"])
        #expect(
            try steps(Self.notes.replacing("title = { type = \"string\"", with: "title = { type = \"int\"")) == [
                "destructive|drop:notes.title"
            ])
    }

    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2026-11-20T12:34:56.789Z", 1_795_178_096_789), ("2026-11-20T12:34:56+03:30", 1_795_165_496_000),
            ("1969-12-31T23:59:59.999Z", -1), ("2024-02-29T00:00:00Z", 1_709_164_800_000),
        ] as [(String, Int64)])
    func moments(_ text: String, _ milliseconds: Int64) {
        #expect(Timestamp.parse(text) == milliseconds)
    }

    @Test(arguments: [
        "", "2026-11-20", "2026-11-20 12:00:00Z", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-11-20T24:00:00Z",
        "2026-11-20T12:00:00",
        "2026-11-20T12:00:00.Z", "2026-11-20T12:00:00+25:00", "0000-01-01T00:00:00Z",
    ])
    func noMoments(_ text: String) {
        #expect(Timestamp.parse(text) == nil)
    }

    @Test(arguments: [("PT15M", 900_000), ("P7D", 604_800_000), ("P1DT2H3M4.5S", 93_784_500), ("P2W", 1_209_600_000)] as [(String, Int64)])
    func durations(_ text: String, _ milliseconds: Int64) {
        #expect(ISODuration.parse(text) == milliseconds)
    }

    @Test(arguments: ["", "P", "PT", "P1", "1D", "P1Y", "PT1.5M", "PT1M1M", "P1S", "PT99999999999999H", "-P1D"])
    func noDurations(_ text: String) {
        #expect(ISODuration.parse(text) == nil)
    }
}
