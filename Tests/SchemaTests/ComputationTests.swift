import Config
import Expressions
import Testing

@testable import Schema

@Suite struct ComputationTests {
    private func compile(_ text: String) throws -> Schema {
        try SchemaCompiler.compile(
            try ConfigurationLoader(environment: [:], overrides: []).load(text: text, file: "atlas.toml").configuration)
    }

    private static let site = """
        [collections.salons.fields]
        score   = { type = "float", compute = "rating * 2" }
        rating  = { type = "float", compute = "avg(reviews.rating where is_shown)" }
        reviews_shown = { type = "int", compute = "count(reviews where is_shown)" }
        best    = { type = "int", compute = "max(reviews.rating)" }
        [collections.reviews.fields]
        salon    = { type = "ref", to = "salons" }
        rating   = "int"
        note     = "string"
        is_shown = "bool"
        """

    @Test func valuesComeAfterWhatTheyAreMadeOf() throws {
        let salons = try #require(try compile(Self.site).collection("salons"))
        let names = salons.behaviour.computation.steps.map { salons.fields[$0.field].name }
        #expect(names == ["reviews_shown", "best", "_rating_1", "_rating_2", "rating", "score"])
        #expect(salons.fields.map(\.index) == Array(salons.fields.indices))
        #expect(salons.field("_rating_1")?.isPrivate == true)
        #expect(salons.field("reviews_shown")?.initial == .int(0))
    }

    @Test func aChildTellsWhichOfItsFieldsMatter() throws {
        let schema = try compile(Self.site)
        let reviews = try #require(schema.collection("reviews"))
        let rollUp = try #require(reviews.behaviour.rollUps.first)
        #expect(reviews.behaviour.rollUps.count == 1 && rollUp.parent == "salons" && rollUp.sums.count == 3)
        let reads = Set(rollUp.reads.map { reviews.fields[$0].name })
        #expect(reads == ["salon", "deleted_at", "rating", "is_shown"])
    }

    @Test(arguments: [
        ("a = { type = \"int\", compute = \"b + 1\" }\nb = { type = \"int\", compute = \"a - 1\" }", "notes.a → notes.b → notes.a"),
        ("a = { type = \"int\", compute = \"a + 1\" }", "notes.a → notes.a"),
        (
            "up = { type = \"ref\", to = \"notes\", as = \"below\" }\na = { type = \"int\", compute = \"1 + sum(below.a)\" }",
            "notes.a → notes.a"
        ),
        (
            "up = { type = \"ref\", to = \"notes\", as = \"below\" }\na = { type = \"float\", compute = \"avg(below.b)\" }\nb = { type = \"float\", compute = \"a * 2\" }",
            "notes.a → notes.b → notes.a"
        ),
    ])
    func aCircleIsAFaultWithItsPath(_ fields: String, _ path: String) throws {
        do {
            _ = try compile("[collections.notes.fields]\n\(fields)\n")
            Issue.record("accepted: \(fields)")
        } catch let faults as Faults {
            #expect(faults.all.count == 1)
            let fault = try #require(faults.all.first)
            #expect(fault.message.contains(path), "\(fault.message)")
            #expect(fault.at.line > 1 && fault.at.column > 1)
        }
    }

    @Test(arguments: [
        "count(tags)", "count(reviews where exists(votes))", "count(all.reviews)", "count(reviews where author.is_good)",
        "if(owner.is_good, 1, 0)", "if(created_at < now, 1, 0)", "sum(reviews.author.age)",
    ])
    func whatIsFurtherAwayIsRefused(_ compute: String) throws {
        let text = """
            [collections.people.fields]
            is_good = "bool"
            age = "int"
            [collections.notes.fields]
            owner = { type = "ref", to = "people" }
            tags = { type = "refs", to = "people" }
            number = { type = "int", compute = "\(compute)" }
            [collections.reviews.fields]
            note = { type = "ref", to = "notes" }
            author = { type = "ref", to = "people" }
            [collections.votes.fields]
            review = { type = "ref", to = "reviews" }
            """
        do {
            _ = try compile(text)
            Issue.record("accepted: \(compute)")
        } catch let faults as Faults {
            #expect(faults.all.first?.at.line == 7)
        }
    }
}
