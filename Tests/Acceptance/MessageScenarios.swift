import Glibc
import Harness
import JSON
import NIOHTTP1
import Testing

/// Messages of a site leave after their commit, all of them, and nothing else does.
@Suite struct MessageScenarios {
    private static let head = """
        [app]
        name = "Shop"
        [collections.people.allow]
        create = "true"
        [collections.people.fields]
        email = "email"
        phone = "phone"
        locale = "string"
        subscribed = { type = "bool", default = true }
        [collections.slots.allow]
        read = "true"
        [collections.slots.fields]
        name = { type = "string", unique = true }
        [collections.orders.allow]
        create = "true"
        read = "true"
        [collections.orders.fields]
        number = "string"
        email = "email"
        total = { type = "decimal", precision = 12, scale = 2, default = "1234.50" }
        [[on]]
        event = "orders.created"
        do = [
          { notify = "order", to = "= new.email" },
          { insert = "slots", set = { name = "= new.number" } },
        ]
        [notify.order]
        channel = "mail"
        subject = "Order {{ new.number }}"
        text = "canary-7c1f: {{ new.number }}, {{ money(new.total, 'EUR') }}"

        """

    private static func mail(_ relay: LocalServer) -> String {
        "[mail]\ndriver = \"smtp\"\nhost = \"127.0.0.1:\(relay.port)\"\nfrom = \"Shop <no-reply@shop.example>\"\n"
    }

    private func order(_ number: String, _ api: API, status: HTTPResponseStatus = .created) async throws {
        _ = try await api.expect(
            .POST, "/orders", body: ["number": .string(number), "email": .string("\(number)@example.org")], status: Int(status.code))
    }

    @Test func `a commit is followed by its mail, a refusal by none`() async throws {
        let relay = try await LocalServer.relay()
        try await OwnSite.run(Self.head + Self.mail(relay), users: [:]) { site in
            try await order("one", site.api)
            // The second effect fails, and takes the message back with it.
            try await order("one", site.api, status: .conflict)
            try await order("two", site.api)
            let first = try await relay.event(holding: "one@example.org")
            #expect(first["subject"] == "Order one")
            #expect(first["parts"]?.array?.first?.array?[1].string?.hasPrefix("canary-7c1f: one, 1,234.50\u{A0}EUR") == true)
            _ = try await relay.event(holding: "two@example.org")
        }
        #expect(relay.events.count { $0["event"] == "mail" } == 2)
        try await relay.stop()
    }

    @Test func `what was committed is sent though the program was killed while sending`() async throws {
        let silent = try await LocalServer.relay(["--hang"])
        let directory = try Directory()
        try directory.write(Self.head + Self.mail(silent), to: "atlas.toml")
        let program = try await Program(directory)
        try await order("one", API(port: program.port))
        _ = try await silent.event(holding: "connected")
        program.signal(SIGKILL)
        _ = try await program.exitStatus()
        // While it waits nobody who reads the files reads the message.
        for (path, _) in directory.files(in: "data") where !path.hasSuffix(".sock") {
            #expect(!String(decoding: try Directory.read(path), as: UTF8.self).contains("canary-7c1f"), "\(path)")
        }
        let port = silent.port
        try await silent.stop()
        let relay = try await LocalServer.relay(["--port", "\(port)"])
        let again = try await Program(directory)
        #expect(try await relay.event(holding: "\"mail\"")["recipients"] == ["one@example.org"])
        again.signal(SIGTERM)
        #expect(try await again.exitStatus() == 0)
        #expect(relay.events.count { $0["event"] == "mail" } == 1)
        try await relay.stop()
    }

    @Test func `the next provider is asked after a definite no`() async throws {
        let services = try await LocalServer.services()
        let base = "http://127.0.0.1:\(services.port)"
        let text = """
            [collections.people.allow]
            create = "true"
            [collections.people.fields]
            phone = "phone"
            [sms]
            providers = [
              { driver = "kavenegar", key = "file:key", url = "\(base)" },
              { driver = "smsir", key = "file:key2", line = "30007732", url = "\(base)" },
            ]
            [[on]]
            event = "people.created"
            do = [{ notify = "welcome" }]
            [notify.welcome]
            channel = "sms"
            text = { fa = "خوش آمدید" , en = "Welcome" }
            """
        let directory = try Directory()
        try directory.write("wrong", to: "key")
        try directory.write("right-2f6a", to: "key2")
        try directory.write(
            text.replacing("file:key2", with: "file:\(directory.file("key2"))").replacing(
                "file:key\"", with: "file:\(directory.file("key"))\""),
            to: "atlas.toml")
        let program = try await Program(directory)
        _ = try await API(port: program.port).expect(.POST, "/people", body: ["phone": "+989120000200"], status: 201)
        let taken = try await services.event(holding: "/v1/send/bulk")
        #expect(taken["body"]?["messageText"] == "Welcome" && taken["body"]?["mobiles"] == ["09120000200"])
        program.signal(SIGTERM)
        #expect(try await program.exitStatus() == 0)
        #expect(services.events.compactMap { $0["path"]?.string } == ["/v1/wrong/sms/send.json", "/v1/send/bulk"])
        #expect(!program.output.contains { $0.contains("right-2f6a") })
        try await services.stop()
    }

    @Test func `each of many is written to in his language`() async throws {
        let relay = try await LocalServer.relay()
        let text =
            Self.head + Self.mail(relay) + """
                [[on]]
                event = "slots.created"
                do = [{ notify = "news", each = "all.people", where = "subscribed" }]
                [notify.news]
                channel = ["sms", "mail"]
                subject = { en = "News", fa = "تازه‌ها" }
                text = { en = "{{ to.email }}: {{ new.name }} {{ date(now) }}", fa = "{{ to.email }}: {{ new.name }} {{ date(now) }}" }
                """
        try await OwnSite.run(text, users: [:]) { site in
            for (name, locale, subscribed) in [("ann", "en-GB", true), ("sara", "fa", true), ("bob", "en", false)] {
                let body: JSONValue = [
                    "email": .string("\(name)@example.com"), "locale": .string(locale), "subscribed": .bool(subscribed),
                ]
                _ = try await site.api.expect(.POST, "/people", body: body, status: 201)
            }
            try await order("nine", site.api)
            #expect(try await relay.event(holding: "[\"ann@example.com\"]")["subject"] == "News")
            let persian = try await relay.event(holding: "[\"sara@example.com\"]")
            #expect(persian["subject"] == "تازه‌ها")
            let words = persian["parts"]?.array?.first?.array?[1].string ?? ""
            #expect(words.hasPrefix("sara@example.com: nine ۱۴"), "\(words)")
            _ = try await relay.event(holding: "nine@example.org")
        }
        #expect(relay.events.count { $0["event"] == "mail" } == 3)
        try await relay.stop()
    }

    @Test func `messages go into files where no service is named`() async throws {
        let directory = try Directory()
        try directory.write(Self.head, to: "atlas.toml")
        mkdir(directory.file("data"), 0o700)
        // A pipe in place of the file tells when there is a line.
        try #require(mkfifo(directory.file("data/mail.jsonl"), 0o600) == 0)
        let reader = try await Child("/usr/bin/head", ["-n", "1", directory.file("data/mail.jsonl")])
        let program = try await Program(directory)
        try await order("one", API(port: program.port))
        let line = try JSONParser.parse(try await reader.line { $0.hasPrefix("{") })
        #expect(line["to"] == "one@example.org" && line["subject"] == "Order one" && line["notice"] == "order")
        #expect(line["text"]?.string?.hasPrefix("canary-7c1f: one") == true && line["html"] == .null && line["from"] == .null)
        #expect(line["at"]?.string?.hasSuffix("Z") == true)
        program.signal(SIGTERM)
        #expect(try await program.exitStatus() == 0)
    }
}
