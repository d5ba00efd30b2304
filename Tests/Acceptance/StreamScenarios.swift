import Glibc
import Harness
import JSON
import NIOHTTP1
import Testing

/// Streams of a site that has all kinds of rules: what depends on the row, on the field, on nobody at all.
@Suite struct StreamScenarios {
    private static let site = """
        [app]
        name = "Streams"
        [collections.users.allow]
        read = "this == me"
        [collections.users.fields]
        role = { type = "enum", values = ["USER", "ADMIN"], default = "USER", readonly = true }
        [collections.posts]
        [collections.posts.allow]
        read   = "open or owner == me or me.role == 'ADMIN'"
        list   = "not quiet or owner == me"
        create = "me != null"
        update = "owner == me"
        delete = "owner == me"
        [collections.posts.fields]
        title  = { type = "string", max = 100000 }
        open   = { type = "bool", default = false }
        quiet  = { type = "bool", default = false }
        owner  = { type = "ref", to = "users", stamp = "me" }
        note   = { type = "string", read = "owner == me" }
        secret = { type = "string", read = "me.role == 'ADMIN'" }
        lines  = { type = "int", compute = "count(comments)" }
        [collections.comments.allow]
        read   = "post.open or post.owner == me"
        create = "me != null"
        delete = "me != null"
        [collections.comments.fields]
        post = { type = "ref", to = "posts", required = true, on_delete = "cascade" }
        text = "string"
        [collections.hidden.allow]
        read   = "true"
        create = "me != null"
        [collections.hidden.fields]
        text = "string"
        [realtime]
        collections = ["posts", "comments"]
        """

    private static func client(_ site: OwnSite, _ name: String) -> Client { Client(api: site.api, caller: site[name]) }

    @Test func `what no list shows is told to nobody who would have to know of it`() async throws {
        try await OwnSite.run(Self.site, users: ["ann": "", "ben": ""]) { site in
            let (ann, ben) = (Self.client(site, "ann"), Self.client(site, "ben"))
            let streams = [try await ann.listen(), try await ben.listen(), try await Client(api: site.api, caller: nil).listen()]
            let quiet = try await ann.make("/posts", ["title": "for those who have the link", "open": true, "quiet": true])
            try await ben.get("/posts/\(quiet)")
            try await ann.patch("/posts/\(quiet)", ["title": "changed"])
            try await ann.delete("/posts/\(quiet)")
            let loud = try await ann.make("/posts", ["title": "for all", "open": true])
            for stream in streams { try await stream.wait("the other") { $0.told.contains { $0.title == "posts.created \(loud)" } } }
            #expect(
                streams[0].told.map(\.title)
                    == ["created \(quiet)", "updated \(quiet)", "deleted \(quiet)", "created \(loud)"].map { "posts.\($0)" })
            for stream in streams.dropFirst() { #expect(stream.told.map(\.title) == ["posts.created \(loud)"]) }
        }
    }

    @Test func `each hears what he may read, row by row and field by field`() async throws {
        try await OwnSite.run(Self.site, users: ["ann": "", "ben": "", "eve": "ADMIN"]) { site in
            let (ann, ben, eve) = (Self.client(site, "ann"), Self.client(site, "ben"), Self.client(site, "eve"))
            let anonymous = Client(api: site.api, caller: nil)
            let streams = [try await ann.listen(), try await ben.listen(), try await eve.listen(), try await anonymous.listen()]
            func titles(_ index: Int) -> [String] { streams[index].told.map(\.title) }

            let own = try await ann.make("/posts", ["title": "mine", "note": "n", "secret": "s"])
            let open = try await ann.make("/posts", ["title": "all", "open": true, "note": "n", "secret": "s"])
            let comment = try await ben.make("/comments", ["post": "\(open)", "text": "hm"])
            try await ann.post("/hidden", ["text": "nobody is told of this collection"])
            for stream in streams {
                try await stream.wait("the comment") { $0.told.contains { $0.title == "comments.created \(comment)" } }
            }
            #expect(titles(0) == ["posts.created \(own)", "posts.created \(open)", "comments.created \(comment)"])
            #expect(titles(2) == titles(0))
            for index in [1, 3] { #expect(titles(index) == ["posts.created \(open)", "comments.created \(comment)"]) }
            // Fields: the owner's note, the administrator's secret.
            for (index, note, secret) in [(0, true, false), (1, false, false), (2, false, true), (3, false, false)] {
                let record = try #require(streams[index].told.first { $0.title == "posts.created \(open)" }).record
                #expect((record["note"] != nil) == note && (record["secret"] != nil) == secret, "\(index): \(record.text)")
            }

            // What is taken out of sight is not told; what comes into sight is.
            try await ann.patch("/posts/\(open)", ["open": false])
            try await ann.patch("/posts/\(own)", ["open": true])
            for stream in streams { try await stream.wait("the other") { $0.told.contains { $0.title == "posts.updated \(own)" } } }
            #expect(titles(0).suffix(2) == ["posts.updated \(open)", "posts.updated \(own)"])
            #expect(titles(3).suffix(1) == ["posts.updated \(own)"] && !titles(3).contains("posts.updated \(open)"))

            // Gone for good: told to whom the row itself would have admitted. The comment hung on its post, which is gone as well.
            try await ann.delete("/posts/\(open)")
            try await ann.delete("/posts/\(own)")
            for stream in streams { try await stream.wait("the deletion") { $0.told.contains { $0.title == "posts.deleted \(own)" } } }
            #expect(titles(0).suffix(2) == ["posts.deleted \(open)", "posts.deleted \(own)"])
            for index in [1, 3] { #expect(!titles(index).contains("posts.deleted \(open)")) }
            for stream in streams {
                #expect(!stream.told.contains { $0.title == "comments.deleted \(comment)" })
                #expect(stream.told.allSatisfy { ($0.data["record"] == nil) == $0.name.hasSuffix("deleted") })
            }
            // Narrowed.
            let narrow = try await anonymous.listen("?collections=comments&last_event_id=0")
            let third = try await ann.make("/posts", ["title": "third", "open": true])
            let last = try await ben.make("/comments", ["post": "\(third)"])
            try await narrow.wait("the comment") { !$0.told.isEmpty }
            #expect(narrow.told.map(\.title) == ["comments.created \(last)"])
        }
    }

    @Test func `a job is told to who started it, with its state`() async throws {
        let service = try await Receiver { _, _ in .status(200, "{}") }
        let configuration = """
            [collections.tasks.allow]
            read   = "true"
            create = "me != null"
            [collections.tasks.fields]
            status = { type = "state", values = ["pending", "busy", "done"] }
            [collections.tasks.transitions]
            run    = { from = "pending", to = "busy", by = "job" }
            finish = { from = "busy", to = "done", by = "job" }
            [[on]]
            event = "tasks.created"
            do    = [{ job = "work" }]
            [jobs.work]
            record = "tasks"
            states = { start = "run", done = "finish" }
            [jobs.work.http]
            url = "\(service.url("/"))"
            [realtime]
            collections = ["tasks", "jobs"]
            """
        try await OwnSite.run(configuration, users: ["ann": "", "ben": ""]) { site in
            let (ann, ben) = (Self.client(site, "ann"), Self.client(site, "ben"))
            let (own, other) = (try await ann.listen(), try await ben.listen())
            let id = try await ann.make("/tasks", [:])
            try await other.wait("the end") { $0.told.contains { $0.name == "tasks.finish" } }
            try await own.wait("the end") { $0.told.contains { $0.name.hasPrefix("jobs.") && $0.record["status"] == "done" } }
            #expect(other.told.map(\.title) == ["tasks.created \(id)", "tasks.run \(id)", "tasks.finish \(id)"])
            let jobs = own.told.filter { $0.name.hasPrefix("jobs.") }
            let job = try #require(jobs.first?.data["id"]?.string)
            #expect(jobs.first?.name == "jobs.created" && jobs.dropFirst().allSatisfy { $0.name == "jobs.updated" })
            #expect(Set(jobs.map { $0.data["id"]?.string }) == [job] && jobs.allSatisfy { $0.record["name"] == "work" })
            #expect(jobs.last?.record == (try await ann.get("/jobs/\(job)").data))
            await service.close()
        }
    }

    @Test func `whom the clock shuts out hears nothing more`() async throws {
        let configuration = """
            [auth]
            active_when = "until == null or now < until"
            [collections.users.allow]
            read   = "this == me"
            update = "this == me"
            [collections.users.fields]
            until = "datetime"
            [collections.notes.allow]
            read   = "me != null"
            create = "me != null"
            [collections.notes.fields]
            text = "string"
            [realtime]
            collections = ["notes"]
            """
        try await OwnSite.run(configuration, users: ["ann": "", "ben": ""]) { site in
            let (ann, ben) = (Self.client(site, "ann"), Self.client(site, "ben"))
            let (closed, open) = (try await ann.listen(), try await ben.listen())
            let end = Moment.now + 8_000
            try await ann.patch("/me", ["until": "\(Moment.text(end))"])
            let first = try await ben.make("/notes", [:])
            try await closed.wait("the first") { $0.told.map(\.title) == ["notes.created \(first)"] }
            try await closed.ended(within: .seconds(60))
            #expect(Moment.now >= end)
            let second = try await ben.make("/notes", [:])
            try await open.wait("the second") { $0.told.last?.title == "notes.created \(second)" }
            #expect(closed.told.map(\.title) == ["notes.created \(first)"])
        }
    }

    @Test func `whom the clock has closed hears nothing more, though he reads only afterwards`() async throws {
        let site = Self.site.replacing("[app]", with: "[auth]\nactive_when = \"until == null or until > now\"\n[app]").replacing(
            "role = {", with: "until = { type = \"datetime\", readonly = true }\nrole = {")
        try await OwnSite.run(site, users: ["ann": "", "ben": ""]) { site in
            let ben = Self.client(site, "ben")
            let granted = try await Program.run(
                ["user", "grant", "ann@example.com", "until=\(site.moment(in: 15))"], in: site.program.directory)
            #expect(granted.status == 0, "\(granted.output.joined())")
            let end = Moment.now + 15_000
            let late = try await Self.client(site, "ann").listen(reads: false)
            // More than any socket's buffer holds.
            let title = String(repeating: "x", count: 100_000)
            let id = try await ben.make("/posts", ["title": "\(title)", "open": true])
            for number in 0..<200 { try await ben.patch("/posts/\(id)", ["note": "\(number)"]) }
            // Every loop gives a sign of life in 20 seconds, each at moments of its own, and who takes nothing hears none to wait for.
            try await Moment.passed(end + 22_000)
            late.read()
            try await late.ended()
            #expect(late.told.count < 150, "\(late.told.count) of 201")
        }
    }

    @Test func `after a reload rules are asked of records as they are then`() async throws {
        func configuration(_ fields: String, _ rule: String) -> String {
            """
            [collections.boards.allow]
            read   = "true"
            create = "me != null"
            [collections.boards.fields]
            \(fields)
            name = "string"
            [collections.cards.allow]
            read   = "\(rule)"
            create = "me != null"
            delete = "me != null"
            [collections.cards.fields]
            board = { type = "ref", to = "boards", required = true }
            [realtime]
            collections = ["cards"]
            """
        }
        try await OwnSite.run(configuration("", "board.name != 'x'"), users: ["ann": ""]) { site in
            let ann = Self.client(site, "ann")
            let file = String(decoding: try site.program.directory.read("atlas.toml"), as: UTF8.self)
            let old = configuration("", "board.name != 'x'")
            let new = configuration("hot = { type = \"bool\", default = true }\nhue = \"string\"", "board.hot")
            try #require(file.contains(old))
            try site.program.directory.write(file.replacing(old, with: new), to: "atlas.toml")
            site.program.signal(SIGHUP)
            _ = try await site.program.line { $0.contains("\"reloaded\"") }
            let stream = try await ann.listen()
            let board = try await ann.make("/boards", ["name": "b"])
            let card = try await ann.make("/cards", ["board": "\(board)"])
            try await ann.delete("/cards/\(card)")
            try await stream.wait("the deletion") { $0.told.map(\.title) == ["cards.created \(card)", "cards.deleted \(card)"] }
        }
    }

    @Test func `a reload ends streams where the file says something else of what they tell, and only then`() async throws {
        try await OwnSite.run(Self.site, users: ["ann": ""]) { site in
            let ann = Self.client(site, "ann")
            let stream = try await ann.listen()
            let file = String(decoding: try site.program.directory.read("atlas.toml"), as: UTF8.self)
            func reload(_ more: String) async throws {
                try site.program.directory.write(file + more, to: "atlas.toml")
                site.program.signal(SIGHUP)
                _ = try await site.program.line { $0.contains("\"reloaded\"") }
            }
            try await reload("\n# Nothing of what is told.\n[queues.later]\nconcurrency = 1\n")
            let id = try await ann.make("/posts", ["title": "t", "open": true])
            try await stream.wait("the post") { $0.told.map(\.title) == ["posts.created \(id)"] }

            try await reload("\n[collections.others.fields]\nname = \"string\"\n")
            try await stream.ended()
            #expect(
                stream.text.split(separator: "\n").count { $0.hasPrefix("retry: ") } == 2,
                "when to come again, each at a moment of its own: \(stream.text)")
            let next = try await ann.make("/posts", ["title": "t", "open": true])
            let again = try await ann.listen(after: stream.lastID)
            try await again.wait("the next") { $0.told.map(\.title) == ["posts.created \(next)"] }
        }
    }

    @Test func `who reads nothing holds up nobody and fills no memory`() async throws {
        try await OwnSite.run(Self.site, users: ["ann": ""]) { site in
            let ann = Self.client(site, "ann")
            let good = try await ann.listen()
            var lazy: [EventSource] = []
            for _ in 0..<10 { lazy.append(try await ann.listen(reads: false)) }
            // So much that no socket's buffer holds it: 100 kB, told 11 times over, 200 times.
            let title = String(repeating: "x", count: 100_000)
            let id = try await ann.make("/posts", ["title": "\(title)", "open": true])
            let before = try site.program.memory()
            for number in 0..<200 { try await ann.patch("/posts/\(id)", ["note": "\(number)"]) }
            try await good.wait("all of it") { $0.told.count == 201 }
            let grown = try site.program.memory() - before
            #expect(grown < 60 << 20, "\(grown) bytes, where all that was not taken would be 200 MB")
            for stream in lazy { #expect(!stream.isOver) }
        }
    }

    @Test func `whoever asks for many at once gets no more than there are`() async throws {
        try await OwnSite.run(Self.site, users: ["ann": ""]) { site in
            let ann = Self.client(site, "ann")
            let streams = try await withThrowingTaskGroup(of: EventSource.self) { group in
                for _ in 0..<60 { group.addTask { try await ann.listen() } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(streams.filter { $0.status == 200 }.count == 20)
            #expect(streams.filter { $0.status == 429 }.count == 40)
        }
    }

    @Test func `streams that wait cost little`() async throws {
        let names = (0..<10).map { "user\($0)" }
        try await OwnSite.run(Self.site, users: Dictionary(uniqueKeysWithValues: names.map { ($0, "") })) { site in
            let clients = names.map { Self.client(site, $0) }
            // What is needed once, for the first of them.
            for client in clients { _ = try await client.listen() }
            let before = try site.program.memory()
            var streams: [EventSource] = []
            for number in 0..<190 { streams.append(try await clients[number % 10].listen()) }
            let each = (try site.program.memory() - before) / streams.count
            #expect(each < 100_000, "\(each) bytes each")
            let id = try await clients[0].make("/posts", ["title": "to all", "open": true])
            try await streams[0].wait("a sign of life") { $0.text.contains(": ping\n") }
            for stream in streams { try await stream.wait("the post") { $0.told.map(\.title) == ["posts.created \(id)"] } }
        }
    }
}
