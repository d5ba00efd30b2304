import Config
import Testing

@testable import Schema

/// What must hold of state machines and names, told where it is written.
@Suite struct BehaviourCheckTests {
    private struct Expected: Sendable, CustomStringConvertible {
        var name: String
        var text: String
        /// Line, and a part of the message.
        var faults: [(line: Int, message: String)]
        var description: String { name }
    }

    private static let head = """
        [collections.a]
        soft_delete = { set = { state = "gone" } }
        revisions = { fields = ["title"] }
        [collections.a.allow]
        update = "true"
        restore = "true"
        [collections.a.fields]
        title = "string"
        at = "datetime"
        parent = { type = "ref", to = "a", as = "replies" }
        friends = { type = "refs", to = "a" }

        """

    private static let cases: [Expected] = [
        Expected(
            name: "sound: a deletion may set a state that no transition leads to",
            text: #"""
                state = { type = "state", values = ["x", "y", "gone"] }
                [collections.a.transitions]
                go = { from = "x", to = "y", at = "at + 1d", input = { note = "string" } }
                """#, faults: []),
        Expected(
            name: "states that nothing leads to",
            text: #"""
                state = { type = "state", values = ["x", "y", "z", "w", "gone"], default = "y" }
                [collections.a.transitions]
                go = { from = "y", to = "z" }
                no = { from = "x", to = "w" }
                """#, faults: [(12, "state 'x'"), (12, "state 'w'")]),
        Expected(
            name: "two states",
            text: #"""
                state = { type = "state", values = ["gone"] }
                other = { type = "state", values = ["x"] }
                """#, faults: [(13, "a state already: 'state'")]),
        Expected(
            name: "moments that do not move with the record",
            text: #"""
                state = { type = "state", values = ["x", "gone"] }
                [collections.a.transitions]
                one = { from = "x", to = "gone", at = "parent.at" }
                two = { from = "x", to = "gone", at = "now" }
                three = { from = "x", to = "gone", at = "max(replies.at)" }
                four = { from = "x", to = "gone", after = "1d", input = { why = { type = "string", required = true } } }
                """#, faults: [(14, "own fields"), (15, "own fields"), (16, "own fields"), (17, "'why' cannot be required")]),
        Expected(
            name: "names that are taken below a record",
            text: #"""
                state = { type = "state", values = ["x", "gone"] }
                [collections.a.transitions]
                restore = { from = "x", to = "gone" }
                replies = { from = "x", to = "gone" }
                friends = { from = "x", to = "gone" }
                [collections.a.actions]
                revisions = { allow = "true" }
                """#, faults: [(14, "restore"), (15, "children"), (16, "a field already"), (18, "its revisions")]),
    ]

    @Test(arguments: cases)
    private func faults(_ expected: Expected) throws {
        let loaded = try ConfigurationLoader(environment: [:], overrides: []).load(text: Self.head + expected.text, file: "atlas.toml")
        var found: [Fault] = []
        do throws(Faults) {
            _ = try SchemaCompiler.compile(loaded.configuration)
        } catch {
            found = error.all
        }
        #expect(found.map(\.at.line).sorted() == expected.faults.map(\.line), "\(found.map(\.message))")
        for (line, message) in expected.faults {
            #expect(found.contains { $0.at.line == line && $0.message.contains(message) }, "\(line): \(found.map(\.message))")
        }
    }
}
