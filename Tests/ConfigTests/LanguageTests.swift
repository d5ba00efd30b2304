import JSON
import Testing

@testable import Config

@Suite struct RateTests {
    @Test(arguments: [
        ("10/s", Rate(count: 10, window: 1_000)), ("100/m per ip", Rate(count: 100, window: 60_000, scope: .ip)),
        ("5/15m", Rate(count: 5, window: 900_000)), ("10/s per ip burst 20", Rate(count: 10, window: 1_000, scope: .ip, burst: 20)),
        ("30/h per user", Rate(count: 30, window: 3_600_000, scope: .user)),
        ("60/m per key", Rate(count: 60, window: 60_000, scope: .key)),
        ("1/7d burst 3", Rate(count: 1, window: 604_800_000, burst: 3)),
    ]) func `rates`(text: String, rate: Rate) throws {
        #expect(try load("[server.limits]\ndefault = \"\(text)\"").configuration.server.limits.first?.rate == rate)
        #expect(rate.burst >= rate.count || text.contains("burst"))
    }

    @Test(arguments: [
        "", "10", "10/", "/s", "0/s", "-1/s", "10/x", "10/0s", "10/s per", "10/s per ip per ip", "10/s burst", "10/s burst 0",
        "10/s burst x",
        "10 /s", "1.5/s", "99999999999/s", "1/367d", "1/99999999999d", "10/s per ip please", "10/s/m",
    ]) func `what is no rate`(text: String) {
        #expect(faults(of: "[server.limits]\ndefault = \"\(text)\"").all.map(\.at.column) == [11])
    }
}

@Suite struct CronTests {
    private func cron(_ text: String) throws -> Cron {
        try #require(try load("[schedules]\na = { cron = \"\(text)\", do = [{ job = \"media.sweep\" }] }").configuration.schedules.first)
            .cron.value
    }

    @Test func `fields become sets`() throws {
        let nightly = try cron("30 2 * * *")
        #expect(nightly.minutes == 1 << 30 && nightly.hours == 1 << 2)
        #expect(nightly.days == (1 << 32) - 2 && nightly.months == (1 << 13) - 2 && nightly.weekdays == 127)
        #expect(nightly.anyDay && nightly.anyWeekday)
        let odd = try cron("*/20 8-10,12 1,15 jan-mar mon-fri")
        #expect(odd.minutes == 1 | 1 << 20 | 1 << 40)
        #expect(odd.hours == 1 << 8 | 1 << 9 | 1 << 10 | 1 << 12)
        #expect(odd.days == 1 << 1 | 1 << 15)
        #expect(odd.months == 0b1110)
        #expect(odd.weekdays == 0b111110)
        #expect(!odd.anyDay && !odd.anyWeekday)
        #expect(try cron("5/20 0 * * 7").minutes == 1 << 5 | 1 << 25 | 1 << 45)
        #expect(try cron("0 0 * * 7").weekdays == 1)
        #expect(try cron("0 0 * * SUN,sat").weekdays == 0b1000001)
        #expect(try cron("0 0 29 2 *").days == 1 << 29)
        #expect(try cron("0 0 30 2 1").weekdays == 2)
    }

    @Test(arguments: [
        "", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 13 *", "* * * * 8", "*/0 * * * *",
        "*/60 * * * *", "5-1 * * * *", "a * * * *", "1, * * * *", "1-2-3 * * * *", "1/2/3 * * * *", "-1 * * * *", "* * * foo *",
        "0 0 30 2 *",
        "0 0 31 4,6 *", "@daily", "001 * * * *",
    ]) func `what is no schedule`(text: String) {
        let all = faults(of: "[schedules]\na = { cron = \"\(text)\", do = [{ job = \"media.sweep\" }] }").all
        #expect(all.map(\.at.column) == [14])
        #expect(all.first?.at.line == 2)
    }
}

@Suite struct EffectTests {
    private static let site = """
        [collections.posts.fields]
        title = "string"
        [jobs.index]
        http = { url = "http://127.0.0.1:1/" }
        [notify.hello]
        channel = "sms"
        text = "hello"

        """

    @Test func `an effect says one thing`() throws {
        let effects = try load(
            Self.site + """
                [[on]]
                event = "posts.created"
                do = [
                  { insert = "posts", each = "all.posts", where = "title != null", set = { title = "= this.title" } },
                  { notify = "hello", to = "+1" },
                  { job = "index" },
                ]
                """
        ).configuration.on.first?.effects
        #expect(effects?.map(\.kind) == [.insert, .notify, .job])
        #expect(effects?.map(\.target.value) == ["posts", "hello", "index"])
        #expect(effects?.first?.each?.value == "all.posts")
        #expect(effects?[1].to == .literal(.string("+1")))
    }

    @Test(arguments: [
        ("{}", "one of 'update', 'insert', 'job', 'notify', 'webhook', 'document', 'export' is missing"),
        ("{ job = \"index\", notify = \"hello\" }", "'job' and 'notify' exclude each other"),
        ("{ update = \"new\" }", "'update' needs 'set'"), ("{ insert = \"posts\" }", "'insert' needs 'set'"),
        ("{ job = \"index\", set = { a = 1 } }", "'set' does not fit 'job'"),
        ("{ job = \"index\", where = \"true\" }", "'where' chooses among rows, and there are none"),
        ("{ update = \"new\", each = \"new.x\", set = { title = \"x\" } }", "'each' does not fit 'update'"),
        ("{ job = \"media.sweep\" }", "unknown job 'media.sweep'"),
        ("{ notify = \"hello\", format = \"csv\" }", "'format' does not fit 'notify'"),
        ("1", "a table is expected here, not a whole number"), ("", "nothing follows"),
    ]) func `an effect that cannot be is explained`(effect: String, message: String) {
        let all = faults(of: Self.site + "[[on]]\nevent = \"posts.created\"\ndo = [\(effect)]").all
        #expect(all.map(\.message) == [message])
        #expect(all.first?.at.line == 10)
    }
}

@Suite struct ReferenceTests {
    /// A table of which one key needs a secret, another a setting, and a third says whether they matter.
    private struct Target: Sendable {
        var isOn = false
        var secret: Secret?
        var name = "none"
    }

    private func read(_ text: String, isInForce: Bool = true, environment: [String: String] = [:]) throws -> (Target, Reading) {
        let section = Section<Target>(keys: [
            Key("on", .bool, \.isOn, "whether"), Key("secret", .secret, \.secret, "what"), Key("name", .text(), \.name, "who"),
        ]).using { key, table in key == "on" || table["on"]?.node.value == .bool(true) }
        let whole = Section<Target>(keys: [isInForce ? Key("t", section, \.self, "") : Key("t", section, \.self, "").notInForce])
        let reading = Reading(environment: environment, directories: ["": "/"])
        let root = try TOMLParser.parse(text, file: "")
        var target = Target()
        if let table = root.table { whole.read(table, at: root, into: &target, reading) }
        return (target, reading)
    }

    @Test func `what is in use must be there`() throws {
        let text = "[t]\non = true\nsecret = \"env:S\"\nname = \"env:N\""
        #expect(try read(text).1.faults.map(\.at.line) == [3, 4])
        let (target, reading) = try read(text, environment: ["S": "s", "N": "n"])
        #expect(reading.faults.isEmpty)
        #expect(target.secret?.bytes == Array("s".utf8))
        #expect(target.name == "n")
    }

    @Test func `what is not in use is only checked`() throws {
        for (text, isInForce) in [
            ("[t]\non = false\nsecret = \"env:S\"\nname = \"file:/nowhere\"", true),
            ("[t]\non = true\nsecret = \"credential:S\"\nname = \"env:N\"", false),
        ] {
            let (target, reading) = try read(text, isInForce: isInForce)
            #expect(reading.faults.isEmpty)
            #expect(target.secret == nil && target.name == "none")
            #expect(reading.notInForce.map(\.name) == (isInForce ? [] : ["t"]))
        }
        for isInForce in [true, false] {
            let (_, reading) = try read("[t]\nsecret = \"literal\"\nname = \"env:\"", isInForce: isInForce)
            #expect(reading.faults.map(\.at.line) == [2, 3])
        }
        #expect(try read("[t]\nsecret = \"credential:../x\"").1.faults.count == 1)
    }

    @Test func `a password in a URL is masked`() {
        for text in ["[cache]\nurl = \"redis://:hunter2@h:1\"", "[queue]\nurl = \"redis://u:hunter2@h\""] {
            let faults = faults(of: text)
            #expect(faults.all.map(\.message) == ["a password is never written into the file"])
            #expect(!faults.rendered().contains("hunter2"))
        }
    }

    @Test func `what is read as a secret is never printed`() throws {
        let canary = SecretTests.canary
        func check<Target>(_ section: Section<Target>, _ target: Target, _ text: String) throws {
            let reading = Reading(environment: ["S": canary], directories: ["": "/"])
            let root = try TOMLParser.parse(text, file: "")
            var target = target
            if let table = root.table { section.read(table, at: root, into: &target, reading) }
            #expect(reading.faults.isEmpty, "\(reading.faults)")
            #expect(dumped(target).contains("•••"))
            #expect(!dumped(target).contains(canary) && !"\(target)".contains(canary))
        }
        let here = Location(file: "", line: 1, column: 1)
        try check(
            Language.job, JobDeclaration(name: "j", at: here), "http = { url = \"http://h/\", headers = { authorization = \"env:S\" } }")
        try check(Language.mail, MailSettings(), "driver = \"smtp\"\nhost = \"h:25\"\nfrom = \"a@b\"\npassword = \"env:S\"")
        try check(Language.sms, SMSSettings(), "providers = [{ driver = \"smsir\", key = \"env:S\" }]")
        try check(
            Language.webhook, WebhookDeclaration(name: "w", at: here), "events = [\"auth.login\"]\nurl = \"http://h\"\nsecret = \"env:S\"")
        try check(Language.backup, BackupSettings(), "encrypt = \"env:S\"")
        try check(
            Language.oidcSection, OIDCDeclaration(name: "o", at: here),
            "issuer = \"https://i\"\nclient_id = \"c\"\nclient_secret = \"env:S\"")
    }

    @Test func `the password of a store's URL is never printed`() throws {
        let reading = Reading(environment: ["S": "redis://:\(SecretTests.canary)@h:1"], directories: ["": "/"])
        let root = try TOMLParser.parse("url = \"env:S\"", file: "")
        var target = QueueStoreSettings()
        if let table = root.table { Language.queueStore.read(table, at: root, into: &target, reading) }
        guard case .redis(let url) = target.backing else {
            Issue.record("\(reading.faults)")
            return
        }
        #expect(url.bytes.starts(with: Array("redis://:".utf8)))
        #expect(!dumped(target).contains(SecretTests.canary))
    }
}

@Suite struct RuleTestDeclarationTests {
    private static let site = "[collections.posts.fields]\ntitle = \"string\"\n"

    @Test func `a promise is read`() throws {
        let loaded = try load(
            Self.site + """
                [[test]]
                name = "authors publish"
                given = [
                  { insert = "users", as = "ann", set = { name = "Ann" } },
                  { insert = "posts", set = { author = "= ann" } },
                ]
                as = "ann"
                do = "POST /posts/{draft}/publish?x=1"
                expect = { status = 403, code = "FORBIDDEN" }
                [[test]]
                as = { role = "ADMIN", member = { role = "owner" } }
                do = { method = "POST", path = "/posts", body = { title = "x", tags = [1, { a = true }], at = 2026-01-02 } }
                expect = { status = 201, body = { title = "x" } }
                [[test]]
                do = "GET /posts"
                expect = 200
                """)
        let tests = loaded.configuration.tests
        #expect(tests.map(\.name) == ["authors publish", nil, nil])
        #expect(tests.map(\.answer.status) == [403, 201, 200])
        #expect(tests.map(\.request.method) == [.POST, .POST, .GET])
        #expect(tests.first?.request.path == Located("/posts/{draft}/publish?x=1", at: Location(file: "atlas.toml", line: 10, column: 12)))
        #expect(tests.first?.given.map(\.collection.value) == ["users", "posts"])
        #expect(
            tests.first?.given.last?.set.first?.source == .expression(Located("ann", at: Location(file: "atlas.toml", line: 7, column: 43)))
        )
        guard case .row(let name) = tests[0].caller, case .user(let fields, let member) = tests[1].caller, case .anonymous = tests[2].caller
        else {
            Issue.record("who asks: \(tests.map(\.caller))")
            return
        }
        #expect(name.value == "ann")
        #expect(fields.map(\.field.value) == ["role"] && member.map(\.field.value) == ["role"])
        #expect(tests[1].request.body?["tags"] == .array([.integer(1), .object(["a": .bool(true)])]))
        #expect(tests[1].request.body?["at"]?.string == "2026-01-02")
        #expect(tests[1].answer.body?["title"]?.string == "x")
    }

    @Test(arguments: [
        ("do = \"GET posts\"\nexpect = 200", "a path begins with /", 4), ("do = \"GTE /posts\"\nexpect = 200", "'GTE' is no method", 4),
        ("do = \"GET\"\nexpect = 200", "a request is a method and a path", 4), ("do = \"GET /\"\nexpect = 2000", "2000 is out of range", 5),
        ("as = \"bob\"\ndo = \"GET /\"\nexpect = 200", "no row of 'given' is called 'bob'", 4),
        ("do = { path = \"/\", body = {} }\nexpect = 200", "a GET has no body", 4), ("expect = 200", "'do' is missing", 3),
        ("given = [{ insert = \"pots\" }]\ndo = \"GET /\"\nexpect = 200", "unknown collection 'pots'", 4),
        (
            "given = [{ insert = \"posts\", as = \"a\" }, { insert = \"posts\", as = \"a\" }]\ndo = \"GET /\"\nexpect = 200",
            "two rows are called 'a'", 4
        ),
    ]) func `a promise that cannot be is explained`(text: String, message: String, line: Int) {
        let all = faults(of: Self.site + "[[test]]\n\(text)").all
        #expect(all.map(\.message) == [message])
        #expect(all.first?.at.line == line)
    }
}
