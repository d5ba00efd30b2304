import Config
import Conformance
import Expressions
import JSON
import Ports
import Schema
import Synchronization
import Testing

@testable import Records

/// `[[on]]`: which rows an effect reaches, and in which order.
@Suite struct EffectTests {
    private static let site = """
        [collections.users.fields]
        name = "string"
        [collections.shelves.fields]
        name = "string"
        mark = { type = "string", default = "-" }
        [collections.boxes.fields]
        name  = "string"
        mark  = { type = "string", default = "-" }
        shelf = { type = "ref", to = "shelves" }
        near  = { type = "refs", to = "boxes" }
        [collections.things]
        soft_delete = true
        [collections.things.fields]
        name = "string"
        mark = { type = "string", default = "-" }
        size = { type = "int", default = 1 }
        box  = { type = "ref", to = "boxes" }
        home = { type = "ref", to = ["shelves", "boxes"], as = "guests" }
        [collections.calls.fields]
        name  = "string"
        box   = { type = "ref", to = "boxes" }
        thing = { type = "ref", to = "things" }
        [collections.log.fields]
        text = "string"
        [jobs.weigh]
        queue  = "scales"
        record = "things"
        http   = { url = "http://127.0.0.1:1/" }
        [queues.scales]
        attempts = 7

        """

    /// A shelf with the boxes A and B; in A the things a (1) and b (2), in B c (3) and, deleted, d (4). A's home is the shelf, b's is B.
    private static func fill(_ bench: Bench) async throws -> [String: Row] {
        var rows: [String: Row] = [:]
        func id(_ name: String) -> JSONValue { .string(rows[name]?.id ?? "") }
        rows["shelf"] = try await bench.create("shelves", ["name": "shelf"])
        rows["A"] = try await bench.create("boxes", ["name": "A", "shelf": id("shelf")])
        rows["B"] = try await bench.create("boxes", ["name": "B", "shelf": id("shelf"), "near": .array([id("A")])])
        for (name, size, box) in [("a", 1, "A"), ("b", 2, "A"), ("c", 3, "B"), ("d", 4, "B")] {
            let home: JSONValue =
                name == "a" ? .string("shelves:\(rows["shelf"]?.id ?? "")") : name == "b" ? .string("boxes:\(rows["B"]?.id ?? "")") : .null
            // Ids of one millisecond rise within one operation alone.
            bench.clock.advance(by: 1)
            rows[name] = try await bench.create(
                "things", ["name": .string(name), "size": .integer(Int64(size)), "box": id(box), "home": home])
        }
        if let gone = rows["d"] { try await bench.delete(gone) }
        return rows
    }

    /// Runs the effect by a call about box A and thing a; gives the names of everything marked, in the order of creation, and the log.
    private static func marked(_ effect: String) async throws -> String {
        let box = Mutex("")
        try await Bench.run(
            (
                site + "[[on]]\nevent = \"calls.created\"\ndo = [{ \(effect) }]",
                { bench in
                    let rows = try await fill(bench)
                    _ = try await bench.create(
                        "calls",
                        ["name": "c", "box": .string(rows["A"]?.id ?? ""), "thing": .string(rows["b"]?.id ?? "")])
                    var names: [String] = []
                    for name in ["shelf", "A", "B", "a", "b", "c", "d"] {
                        guard let row = rows[name], let mark = try await bench.text("mark", of: row), mark != "-" else { continue }
                        names.append(mark == "x" ? name : "\(name):\(mark)")
                    }
                    let log = try bench.collection("log")
                    let entries = try await bench.write { _, transaction in
                        let (ids, _) = try transaction.walk.ids(in: log, after: 0, limit: 100)
                        return try ids.compactMap { try transaction.row(in: "log", id: $0)?.value("text", in: log) }
                    }
                    for case .text(let entry) in entries { names.append("+\(entry)") }
                    let found = names.joined(separator: " ")
                    box.withLock { $0 = found }
                }
            ))
        return box.withLock { $0 }
    }

    @Test(arguments: [
        // A reference, and several of them.
        ("update = \"new.thing\", set = { mark = \"x\" }", "b"),
        ("update = \"new.thing.box\", set = { mark = \"x\" }", "A"),
        ("update = \"new.thing.home\", set = { mark = \"x\" }", "B"),
        ("update = \"new.thing\", where = \"size > 2\", set = { mark = \"x\" }", ""),
        ("update = \"new.thing.home\", where = \"name == 'B'\", set = { mark = \"= name\" }", "B:B"),
        // Children, live ones; and what they lead to.
        ("update = \"new.box.things\", set = { mark = \"x\" }", "a b"),
        ("update = \"new.box.things where size > 1\", set = { mark = \"x\" }", "b"),
        ("update = \"new.box.shelf.boxes\", set = { mark = \"x\" }", "A B"),
        ("update = \"new.box.things.home\", set = { mark = \"x\" }", "shelf B"),
        ("update = \"new.box.things.home\", where = \"name == 'shelf'\", set = { mark = \"x\" }", "shelf"),
        // All of a collection.
        ("update = \"all.things\", set = { mark = \"x\" }", "a b c"),
        ("update = \"all.things\", where = \"size >= 2\", set = { mark = \"= concat(name, size, new.name)\" }", "b:b2c c:c3c"),
        ("update = \"all.things where box == new.box\", set = { mark = \"x\" }", "a b"),
        ("update = \"all.boxes\", where = \"count(things) > 1\", set = { mark = \"x\" }", "A"),
        // One of many.
        ("update = \"first(all.things where size > 1)\", set = { mark = \"x\" }", "b"),
        ("update = \"first(new.box.things)\", where = \"size > 1\", set = { mark = \"x\" }", ""),
        // Once for each row, in the order of creation.
        ("insert = \"log\", each = \"all.things\", set = { text = \"= concat(name, this.size)\" }", "+a1 +b2 +c3"),
        ("insert = \"log\", each = \"new.box.things\", where = \"size < 2\", set = { text = \"= concat(new.name, this.name)\" }", "+ca"),
        ("insert = \"log\", set = { text = \"= new.name\" }", "+c"),
    ]) func `an effect reaches its rows and no other`(effect: String, expected: String) async throws {
        #expect(try await Self.marked(effect) == expected)
    }

    @Test func `a job of each row waits in its queue, in the commit of its cause`() async throws {
        let rule = "[[on]]\nevent = \"calls.created\"\ndo = [{ job = \"weigh\", each = \"new.box.things\" }]"
        try await Bench.run(
            (
                Self.site + rule,
                { bench in
                    let rows = try await Self.fill(bench)
                    let calls = try bench.collection("calls")
                    let draft = try Draft(["name": "c", "box": .string(rows["A"]?.id ?? "")], for: calls, purpose: .create)
                    struct Undone: Error {}
                    await #expect(throws: Undone.self) {
                        try await bench.write { writer, _ in
                            _ = try writer.create(calls, draft)
                            throw Undone()
                        }
                    }
                    #expect(try await bench.jobs(of: "scales") == [])
                    try await bench.write { writer, _ in _ = try writer.create(calls, draft) }
                    let jobs = try await bench.jobs(of: "scales")
                    #expect(jobs.map(\.kind) == ["job.run", "job.run"])
                    #expect(jobs.map(\.record?.id) == [rows["a"]?.id, rows["b"]?.id])
                    #expect(jobs.map { String(decoding: $0.payload, as: UTF8.self) } == [#"{"name":"weigh"}"#, #"{"name":"weigh"}"#])
                    #expect(jobs.map(\.maxAttempts) == [7, 7])
                }
            ))
    }

    @Test func `more rows than one transaction may change are refused`() async throws {
        let rule = "[[on]]\nevent = \"calls.created\"\ndo = [{ update = \"all.log\", set = { text = \"x\" } }]"
        try await Bench.run(
            (
                Self.site + rule,
                { bench in
                    let log = try bench.collection("log")
                    let draft = try Draft(["text": "-"], for: log, purpose: .create)
                    let many = RowSelection.most
                    try await bench.write { writer, _ in for _ in 0..<many { _ = try writer.create(log, draft) } }
                    _ = try await bench.create("calls", ["name": "fits"])
                    _ = try await bench.create("log", ["text": "-"])
                    await #expect(throws: RecordError.self) { _ = try await bench.create("calls", ["name": "does not"]) }
                }
            ))
    }

    @Test(arguments: [
        ("update = \"new.name\", set = { name = \"x\" }", "this leads to no records"),
        ("update = \"new.thing\", set = { mark = 1 }", "this value does not fit the field 'mark'"),
        ("update = \"all.things where home\", set = { mark = \"x\" }", "a reference is no condition"),
        ("update = \"new.thing\", where = \"sise > 1\", set = { mark = \"x\" }", "has no field 'sise'"),
        ("job = \"weigh\"", "works on records of 'things', and there is 'calls' here"),
        ("job = \"weigh\", each = \"all.boxes\"", "works on records of 'things', and there is 'boxes' here"),
    ]) func `an effect without meaning is told`(effect: String, message: String) throws {
        let text = Self.site + "[[on]]\nevent = \"calls.created\"\ndo = [{ \(effect) }]"
        let loaded = try ConfigurationLoader(environment: [:], overrides: []).load(text: text, file: "atlas.toml")
        let faults = #expect(throws: Faults.self) { _ = try SchemaCompiler.compile(loaded.configuration) }
        #expect(faults?.all.first?.message.contains(message) == true, "\(faults?.all.map(\.message) ?? [])")
    }

    @Test func `a job that starts itself again is a loop`() throws {
        let text = """
            [collections.tasks.fields]
            state = { type = "state", values = ["new", "busy", "done"] }
            [collections.tasks.transitions]
            run  = { from = "new", to = "busy", by = "job" }
            done = { from = "busy", to = "done", by = "job" }
            [jobs.work]
            record = "tasks"
            states = { start = "run", done = "done" }
            http   = { url = "http://127.0.0.1:1/" }
            [[on]]
            event = "tasks.done"
            do    = [{ job = "work" }]
            """
        let loaded = try ConfigurationLoader(environment: [:], overrides: []).load(text: text, file: "atlas.toml")
        let faults = #expect(throws: Faults.self) { _ = try SchemaCompiler.compile(loaded.configuration) }
        #expect(faults?.all.map(\.message) == ["these effects never end: tasks.done → tasks.done"])
    }
}
