import Testing

@testable import Config

@Suite struct CollectionTests {
    @Test func `a collection is read in the order of the file`() throws {
        let loaded = try load(
            """
            [collections.zebras.fields]
            zz = "int"
            aa = { type = "string", max = 3 }
            [collections.apes]
            soft_delete = { set = { status = "gone", at = "= now" }, retain = "30d" }
            unique = [["a", "b"], { fields = ["c"], when = "x == 1" }]
            order = "-published_at"
            [collections.apes.transitions.go]
            from = "a"
            to = "b"
            """)
        let zebras = try #require(loaded.configuration.collections.first)
        #expect(loaded.configuration.collections.map(\.name) == ["zebras", "apes"])
        #expect(zebras.fields.map(\.name) == ["zz", "aa"])
        #expect(zebras.fields.last?.maximum == Located(Bound(3), at: Location(file: "atlas.toml", line: 3, column: 31)))
        let apes = try #require(loaded.configuration.collections.last)
        #expect(apes.softDelete?.retain == 2_592_000_000)
        #expect(apes.softDelete?.set.map(\.field.value) == ["status", "at"])
        #expect(apes.softDelete?.set.first?.source == .literal(.string("gone")))
        #expect(
            apes.softDelete?.set.last?.source == .expression(Located("now", at: Location(file: "atlas.toml", line: 5, column: 50))))
        #expect(apes.unique.map { $0.fields.map(\.value) } == [["a", "b"], ["c"]])
        #expect(apes.unique.last?.when?.value == "x == 1")
        #expect(apes.order.map(\.value) == ["-published_at"])
        #expect(apes.transitions.first?.from == [Located("a", at: Location(file: "atlas.toml", line: 9, column: 9))])
    }

    @Test(arguments: [
        ("a = \"me.x\"", 2, 6), ("a = 'me.x'", 2, 6), ("a = \"\"\"me.x\"\"\"", 2, 8), ("a = '''\nme.x'''", 3, 1),
    ]) func `an expression begins inside its quotes`(line: String, row: Int, column: Int) throws {
        let rule = try #require(try load("[rules]\n\(line)").configuration.rules.first?.condition)
        #expect(rule.value == "me.x")
        #expect(rule.at == Location(file: "atlas.toml", line: row, column: column))
        #expect(rule.location(ofScalar: 3).column == column + 3)
    }

    @Test(arguments: [
        ("x = { type = \"string\", values = [\"a\"] }", "'values' does not fit a field of type 'string'"),
        ("x = { type = \"bool\", max = 3 }", "'max' does not fit a field of type 'bool'"),
        ("x = \"ref\"", "a field of type 'ref' needs 'to'"),
        ("x = { type = \"decimal\", scale = 2 }", "a field of type 'decimal' needs 'precision'"),
        ("x = { type = \"decimal\", precision = 4, scale = 5 }", "'scale' is above 'precision'"),
        ("x = \"list\"", "a list says what its items are"),
        ("x = { type = \"list\", of = \"refs\" }", "items of type 'refs' are not possible"),
        ("x = { type = \"refs\", to = [\"a\", \"b\"] }", "'refs' lead to one collection"),
        ("x = { type = \"int\", async = true }", "only a computed field is refreshed by a job"),
        ("x = { type = \"sequence\", format = \"no\" }", "it has one place for the number"),
        ("x = { type = \"object\", fields = { y = \"counter\" } }", "a field of type 'counter' cannot stand here"),
        ("x = { type = \"token\", default = \"a\" }", "'default' does not fit a field of type 'token'"),
        ("x = { type = \"flags\", values = [\"aa\"], default = [\"ab\"] }", "the default 'ab' is not among 'values'"),
        ("x = { type = \"int\", kind = \"image\" }", "'kind' does not fit a field of type 'int'"),
        ("x = { type = \"int\", default = 1, stamp = \"2\" }", "'default' and 'stamp' exclude each other"),
        ("x = { type = \"enum\" }", "a field of type 'enum' needs 'values'"),
        ("x = { type = \"enum\", values = [\"a\", \"a\"] }", "'a' stands twice in 'values'"),
        ("x = { type = \"enum\", values = [\"aa\"], default = \"ab\" }", "the default 'ab' is not among 'values'"),
        ("x = { type = \"int\", default = \"1\" }", "the default does not fit a field of type 'int'"),
        ("x = { type = \"int\", min = 3, max = 2 }", "'min' is above 'max'"),
        ("x = { type = \"int\", max = 2, default = 3 }", "the default is above 'max'"),
        ("x = { type = \"string\", max = 2.5 }", "a whole number is expected here"),
        ("x = { type = \"date\", default = \"today\" }", "the default is no date"),
        ("x = { type = \"state\", values = [\"a\"], write = \"true\" }", "'write' does not fit a field of type 'state'"),
        ("x = { required = true }", "'type' is missing"),
        ("x = 3", "a field is a type or a table, not a whole number"),
        ("id = \"string\"", "every record has 'id' already"),
        ("me = \"string\"", "'me' is a word of the expression language"),
        ("sqlite_x = \"string\"", "names that begin with 'sqlite_' belong to the database"),
        ("Title = \"string\"", "'Title' cannot be the name of a field"),
        ("\"a-b\" = \"string\"", "'a-b' cannot be the name of a field"),
    ]) func `a field that cannot be is explained`(line: String, message: String) {
        #expect(faults(of: "[collections.c.fields]\n\(line)").all.map(\.message) == [message])
    }

    @Test(arguments: [
        ("path = \"auth/x\"", "the API itself uses /auth"),
        ("path = \"/x\"", "a path is made of a-z, 0-9, _ and -, in segments between slashes"),
        ("allow = { raed = \"true\" }", "unknown key 'raed'"), ("allow = { read = true }", "an expression is a string"),
        ("checks = [{ rule = \"true\" }]", "'message' is missing"), ("unique = [[]]", "a key has at least one field"),
        ("checks = [{ rule = \"a\", message = \"b\", status = 404 }]", "a check answers with 400, 402 or 409"),
        ("transitions.go = { from = \"a\" }", "'to' is missing"),
        (
            "transitions.go = { from = \"a\", to = \"b\", input = { x = { type = \"refs\", to = \"y\" } } }",
            "a field of type 'refs' cannot stand here"
        ),
        (
            "transitions.go = { from = \"a\", to = \"b\", by = \"job\", allow = \"x\" }",
            "'allow' does not fit a transition that only a job fires"
        ),
    ]) func `a collection that cannot be is explained`(line: String, message: String) {
        #expect(faults(of: "[collections.c]\n\(line)").all.map(\.message).first == message)
    }

    @Test func `an equals sign without its space is a warning`() throws {
        let loaded = try load("[collections.c.transitions.t]\nfrom = \"a\"\nto = \"b\"\nset = { x = \"=now\" }")
        #expect(loaded.warnings.count == 1)
    }
}
