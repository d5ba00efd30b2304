import Testing

@testable import Config

@Suite struct TraitTests {
    private static let traits = """
        [traits.own]
        allow = { read = "author == me", create = "me != null" }
        sort = ["rank"]
        [traits.own.fields]
        author = { type = "ref", to = "users", stamp = "me" }
        rank = "int"
        [traits.named.fields]
        name = { type = "string", required = true }

        """

    @Test func `traits are put into the collections that name them, before their own`() throws {
        let loaded = try load(
            Self.traits + """
                [collections.a]
                traits = ["named", "own"]
                [collections.a.fields]
                size = "int"
                [collections.b]
                traits = ["named"]
                """)
        let a = try #require(loaded.configuration.collections.first)
        #expect(a.fields.map(\.name) == ["name", "author", "rank", "size"])
        #expect(a.sort.map(\.value) == ["rank"])
        #expect(a.allow.read == Located("author == me", at: Location(file: "atlas.toml", line: 2, column: 19)))
        #expect(loaded.configuration.collections.last?.fields.map(\.name) == ["name"])
        #expect(loaded.warnings.isEmpty)
    }

    @Test func `a right of the collection holds over that of a trait`() throws {
        let loaded = try load(
            Self.traits + "[traits.named.allow]\ndelete = \"true\"\n[collections.a]\ntraits = [\"own\", \"named\"]\n"
                + "[collections.a.allow]\nread = \"true\"")
        let allow = try #require(loaded.configuration.collections.first).allow
        #expect(allow.read?.value == "true")
        #expect(allow.create?.value == "me != null")
        #expect(allow.delete?.value == "true")
    }

    @Test(arguments: [
        ("traits = [\"own\"]\nsort = [\"x\"]", "'collections.a.sort' is defined twice", 11, "a trait says it already, in atlas.toml:3"),
        (
            "traits = [\"own\"]\nfields = { rank = { min = 1 } }", "'collections.a.fields.rank' is defined twice", 11,
            "a trait says it already, in atlas.toml:6"
        ),
        (
            "traits = [\"own\"]\nfields = { author = { to = \"x\" } }", "'collections.a.fields.author.to' is defined twice", 11,
            "a trait says it already, in atlas.toml:5"
        ),
        ("traits = [\"nmaed\"]", "unknown trait 'nmaed'", 10, "did you mean 'named'?"),
        ("traits = [\"zzzzzzz\"]", "unknown trait 'zzzzzzz'", 10, "known here: own, named"),
        ("traits = [\"own\", \"own\"]", "the trait 'own' stands here twice", 10, "take one out"),
        ("traits = \"own\"", "a list of traits is expected here, not a string", 10, "write traits = [\"…\"]"),
        ("traits = [1]", "the name of a trait is expected here, not a whole number", 10, nil),
    ]) func `what cannot be joined is told with its place`(text: String, message: String, line: Int, suggestion: String?) {
        let errors = faults(of: Self.traits + "[collections.a]\n\(text)\n").all.filter { $0.severity == .error }
        #expect(errors.map(\.message) == [message])
        #expect(errors.map(\.at.line) == [line])
        #expect(errors.first?.suggestion == suggestion)
    }

    @Test func `two traits that say the same are told`() {
        let errors = faults(
            of: "[traits.x]\norder = \"a\"\n[traits.y]\norder = \"b\"\n[collections.c]\ntraits = [\"x\", \"y\"]"
        ).all
        #expect(errors.map(\.message) == ["'collections.c.order' is defined twice"])
        #expect(errors.map(\.at.line) == [4])
        #expect(errors.first?.suggestion == "a trait says it already, in atlas.toml:2")
    }

    @Test func `a fault in a trait is told once, where it stands`() {
        let errors = faults(
            of: "[traits.x.fields]\ns = \"strng\"\n[collections.a]\ntraits = [\"x\"]\n[collections.b]\ntraits = [\"x\"]"
        ).all
        #expect(errors.map(\.at) == [Location(file: "atlas.toml", line: 2, column: 5)])
    }

    @Test func `a trait is a table without traits, and is used`() throws {
        #expect(
            faults(of: "[traits.x]\ntraits = [\"y\"]\n[traits.y]\n[collections.c]\ntraits = [\"x\", \"y\"]").all.map(\.message)
                == ["a trait cannot use traits"])
        #expect(faults(of: "traits = { x = 1, \"Y z\" = {} }").all.count { $0.severity == .error } == 2)
        #expect(faults(of: "traits = 1").all.map(\.message) == ["a table is expected here, not a whole number"])
        #expect(try load("[traits.x]").warnings.map(\.message) == ["no collection uses the trait 'x'"])
    }

    @Test func `an override holds over a trait`() throws {
        let text = Self.traits + "[collections.a]\ntraits = [\"own\"]"
        let loaded = try load(text, set: [("collections.a.sort", "[\"author\"]"), ("collections.a.allow.read", "")])
        #expect(loaded.configuration.collections.first?.sort.map(\.value) == ["author"])
        #expect(loaded.configuration.collections.first?.allow.read == nil)
        #expect(try load(text, set: [("traits.own.sort", "")]).configuration.collections.first?.sort.isEmpty == true)
        #expect(try load(text, set: [("collections.a.traits.1", "named")]).configuration.collections.first?.fields.last?.name == "name")
    }
}

@Suite struct JoinedFileTests {
    private func load(_ files: [String: String]) -> (loaded: LoadedConfiguration?, faults: [Fault], directory: String) {
        let directory = Directory()
        for (name, text) in files { #expect(throws: Never.self) { try directory.write(name, text) } }
        do throws(Faults) {
            let loaded = try ConfigurationLoader().load("\(directory.path)/atlas.toml")
            return (loaded, loaded.warnings, directory.path)
        } catch {
            return (nil, error.all, directory.path)
        }
    }

    @Test func `traits of one file serve the collections of another`() {
        let (loaded, _, directory) = load([
            "atlas.toml": "include = [\"t.toml\"]\n[collections.a]\ntraits = [\"x\"]", "t.toml": "[traits.x.fields]\ns = \"int\"",
        ])
        #expect(loaded?.configuration.collections.first?.fields.first?.at == Location(file: "\(directory)/t.toml", line: 2, column: 1))
    }

    @Test func `both places of what is defined twice are told`() {
        for (text, name) in [
            ("[log]\nlevel = \"info\"", "[log]"), ("[[server.proxy]]\nto = \"x\"", "'server.proxy'"),
            ("[collections.c.fields]\nx = \"int\"", "[collections.c.fields]"),
        ] {
            let (_, faults, directory) = load(["atlas.toml": "include = [\"b.toml\"]\n\(text)", "b.toml": "\n\n\(text)"])
            let twice = faults.first { $0.message == "\(name) is defined twice" }
            #expect(twice?.at.file == "\(directory)/b.toml" && twice?.at.line ?? 0 >= 3, "\(faults)")
            #expect(twice?.suggestion?.contains("\(directory)/atlas.toml:2") == true)
        }
    }

    @Test func `a file that includes itself is read once, with a warning`() {
        let (loaded, warnings, directory) = load([
            "atlas.toml": "include = [\"b.toml\", \"*.toml\"]", "b.toml": "include = [\"c.toml\"]",
            "c.toml": "\ninclude = [\"./atlas.toml\"]",
        ])
        #expect(loaded != nil)
        #expect(warnings.map(\.at) == [Location(file: "\(directory)/c.toml", line: 2, column: 12)])
        #expect(warnings.first?.message == "\(directory)/./atlas.toml includes this file")
    }

    @Test func `a pattern may match nothing, a path must exist`() {
        let (_, faults, _) = load(["atlas.toml": "include = [\n  \"no/*.toml\",\n  \"no.toml\",\n]"])
        #expect(faults.map(\.severity) == [.warning, .error])
        #expect(faults.map(\.at.line) == [2, 3])
    }

    @Test func `effects and promises of several files are joined in their order`() {
        func effect(_ name: String) -> String { "[[on]]\nevent = \"auth.login\"\ndo = [{ notify = \"\(name)\" }]\n" }
        func promise(_ name: String) -> String { "[[test]]\nname = \"\(name)\"\ndo = \"GET /\"\nexpect = 200\n" }
        let notices = ["a", "b", "c"].map { "[notify.\($0)]\nchannel = \"sms\"\ntext = \"x\"\n" }.joined() + "[sms]\ndriver = \"file\"\n"
        let (loaded, faults, directory) = load([
            "atlas.toml": "include = [\"b.toml\", \"c/*.toml\"]\n" + notices + effect("a") + promise("a"),
            "b.toml": promise("b") + effect("b"), "c/c.toml": effect("c") + promise("c"),
        ])
        #expect(faults.isEmpty, "\(faults)")
        #expect(loaded?.configuration.on.map { $0.effects.map(\.target.value) } == [["a"], ["b"], ["c"]])
        #expect(loaded?.configuration.tests.map(\.name) == ["a", "b", "c"])
        #expect(loaded?.configuration.on.last?.at.file == "\(directory)/c/c.toml")
    }

    @Test func `a path starts at the file that names it`() {
        let (loaded, faults, directory) = load([
            "atlas.toml": "include = [\"parts/*.toml\"]",
            "parts/mail.toml":
                "[mail]\ndriver = \"file\"\n[notify.hello]\nchannel = \"mail\"\nsubject = \"x\"\nfile = \"hello.html\"\n[backup]\nat = \"03:00\"\nto = [\"copies\"]",
            "parts/hello.html": "<p>{{ new.name }}</p>",
            "parts/tls.toml": "[tls]\nmode = \"files\"\ncertificate = \"c.pem\"\nkey = \"/k.pem\"",
        ])
        #expect(faults.isEmpty, "\(faults)")
        let file = loaded?.configuration.notices.first?.file?.versions.first
        #expect(file?.text == Located("<p>{{ new.name }}</p>", at: Location(file: "\(directory)/parts/hello.html", line: 1, column: 1)))
        #expect(loaded?.configuration.backup.to == [.directory("\(directory)/parts/copies")])
        #expect(loaded?.configuration.tls.certificate == "\(directory)/parts/c.pem")
        #expect(loaded?.configuration.tls.key == "/k.pem")
    }

    @Test func `faults of an included file name it`() {
        let (_, faults, directory) = load([
            "atlas.toml": "include = [\"b.toml\"]\n[server.static]\ndir = \"no\"",
            "b.toml": "\n[backup]\nevry = \"1h\"\n[search]\ncollections = [\"none\"]",
        ])
        #expect(faults.map(\.at.file) == ["\(directory)/atlas.toml", "\(directory)/b.toml", "\(directory)/b.toml"])
        #expect(faults.map(\.at.line) == [3, 3, 5])
        #expect(faults.map(\.severity) == [.warning, .error, .error])
    }
}
