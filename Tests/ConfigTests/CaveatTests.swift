import ExampleFiles
import Testing

@testable import Config

/// What a sound file will not get is told where it asks for it, and nowhere else.
@Suite struct CaveatTests {
    /// Edits of the example sites after which they are still sound: the message is that of the only warning that is new.
    static let all: [Mistake] = [
        // Messages that nobody gets
        Mistake(
            "writers", "driver   = \"smtp\"\nhost     = \"smtp.example.ir:587\"", "driver = \"file\"",
            "no mail leaves: each is a line of mail.jsonl",
            "driver = \"smtp\", host and from"),
        Mistake(
            "writers", "driver   = \"smtp\"\nhost     = \"smtp.example.ir:587\"\nuser     = \"writers\"", "user = \"writers\"",
            "no mail leaves",
            offset: -1),
        Mistake("sevra", "[sms]", "[sms]\ndriver = \"file\"", "no SMS leaves: each is a line of sms.jsonl", "a provider", offset: 1),
        Mistake(
            "sevra",
            "  { driver = \"kavenegar\", key = \"env:KAVENEGAR_KEY\" },\n  { driver = \"smsir\", key = \"env:SMSIR_KEY\", line = \"30007732\" },\n",
            "", "no SMS leaves", offset: -1),
        Mistake(
            "writers", "events   = [\"tasks.done\", \"tasks.fail\"]", "events   = []", "no effect names 'task_events'", "at least one event"
        ),
        // Secrets in the clear
        Mistake(
            "writers", "base_url = \"https://writers.example.ir\"", "base_url = \"http://writers.example.ir\"",
            "sessions go in cookies, and in the clear", "https://"),
        Mistake(
            "orders", "[tenancy]",
            "[auth.oidc.firm]\nissuer = \"http://id.example.com\"\nclient_id = \"a\"\nclient_secret = \"env:SMTP_PASSWORD\"\n[tenancy]",
            "whoever is on the way to 'firm' can sign in as anybody", "https://", offset: 1),
        // Times
        Mistake("orders", "access_ttl   = \"15m\"", "access_ttl   = \"60d\"", "an access token lives longer", "refresh_ttl days"),
        Mistake("writers", "refresh_ttl = \"7d\"", "refresh_ttl = \"5m\"", "an access token lives longer", offset: -1),
        Mistake("sevra", "per_phone = \"3/h\"", "per_phone = \"1/h\"", "a code is over before its number", "longer 'ttl'"),
        Mistake("sevra", "ttl       = \"120s\"", "ttl       = \"5s\"", "it is over before anybody has read it", "120s"),
        Mistake("sevra", "ttl       = \"120s\"", "ttl       = \"2d\"", "may use it for very long", "120s"),
        Mistake("orders", "reset        = { ttl = \"1h\"", "reset        = { ttl = \"90d\"", "may use it for very long", "1h"),
        Mistake("orders", "verify_email = { ttl = \"24h\"", "verify_email = { ttl = \"10s\"", "it is over before anybody", "24h"),
        Mistake("orders", "invitations = true", "invitations = { ttl = \"3y\" }", "may use it for very long", "7d"),
        // What nobody may use, and members of whom there may be two
        Mistake("orders", "api_keys     = { allow = \"admin\" }", "api_keys     = {}", "nobody may make a key", "allow = \"me != null\""),
        Mistake(
            "orders", "create = \"admin and role != 'owner'\"\n", "", "nobody may invite anybody", "[collections.invitations.allow]",
            offset: -63),
        Mistake(
            "orders", "create = \"admin\"\nupdate = \"admin\"", "update = \"admin\"", "nobody may keep an endpoint",
            "[collections.hooks.allow]",
            offset: -67),
        Mistake(
            "orders", "immutable = true, unique = true, on_delete = \"cascade\" }\nrole",
            "immutable = true, on_delete = \"cascade\" }\nrole",
            "one user may be a member twice", "unique = true to 'user'"),
        // Rates for nobody
        Mistake(
            "writers", "\"tasks.create\" = \"30/h per user\"", "\"tasks.create\" = \"30/h per key\"",
            "there are no API keys here: this is counted for each user", "api_keys"),
        Mistake(
            "sevra", "default = \"100/m per ip\"", "default = \"100/m per key\"", "there are no API keys here"),
        Mistake(
            "orders", "\"auth.login\"     = \"10/m per ip\"", "\"auth.login\"     = \"10/m per key\"",
            "no API key comes here: this is counted for each address", "per ip"),
        Mistake(
            "orders", "\"auth.login\"     = \"10/m per ip\"", "\"auth.logout\"    = \"10/m per key\"",
            "no API key comes here: this is counted for each user", "per user"),
        Mistake(
            "writers", "\"auth.signup\"  = \"5/s per ip burst 5\"", "\"auth.signup\"  = \"5/s per user\"",
            "nobody is signed in here: this is counted for each address", "per ip"),
        // Where it listens, and beside whom
        Mistake(
            "sevra", "[server]", "[server]\nhttp = []", "nothing is listened on but what systemd hands over", "127.0.0.1:8080", offset: 1),
        Mistake(
            "sevra", "[server]", "[server]\nproxy = [{ to = \"http://127.0.0.1:3000\" }]",
            "the backoffice shares its host with a front end",
            offset: 98),
    ]

    @Test(arguments: all) func `a caveat is told where the file asks for it, and alone`(caveat: Mistake) throws {
        let path = ExampleFile.path(caveat.file)
        let before = Set(try load(ExampleFile.text(caveat.file), file: path).warnings.map(\.message))
        try caveat.check(.warning) { text in
            let loaded = try load(text, file: path)
            return Faults(loaded.warnings.filter { !before.contains($0.message) }, sources: loaded.sources)
        }
    }

    /// On one's own machine a file for messages is what one wants, once one has said so; whoever has not is told.
    @Test(
        arguments: [
            ("", []), ("[auth]\ntransport = [\"cookie\"]", []),
            ("[mail]\ndriver = \"file\"\n[auth.reset]\nnotify = \"n\"", []),
            ("[auth.reset]\nnotify = \"n\"", ["no mail leaves"]),
            ("[auth.verify_email]\nnotify = \"n\"", ["no mail leaves"]),
            ("[mail]\nhost = \"smtp.example.org:587\"", ["no mail goes there: the driver is \"file\""]),
            ("[app]\nbase_url = \"https://example.org\"", ["no mail leaves"]),
            ("[app]\nbase_url = \"https://localhost:8443\"", []),
            ("[app]\nbase_url = \"https://example.org\"\n[mail]\ndriver = \"smtp\"\nhost = \"a.b:1\"\nfrom = \"a@b.c\"", []),
            ("[auth]\nmethods = [\"otp\"]\notp = { notify = \"s\" }", ["no SMS leaves"]),
            ("[auth]\nmethods = [\"otp\"]\notp = { notify = \"s\" }\n[sms]", ["no SMS leaves"]),
            ("[auth]\nmethods = [\"otp\"]\notp = { notify = \"s\" }\n[sms]\ndriver = \"file\"", []),
            (
                "[auth]\nmethods = [\"otp\"]\notp = { notify = \"s\" }\n[sms]\nproviders = [{ driver = \"http\", url = \"https://sms.example\" }]",
                []
            ),
        ] as [(String, [String])])
    func `messages without a carrier are told where they are asked for`(text: String, wanted: [String]) throws {
        // The notices go by the other channel, so that they ask for nothing themselves.
        let isMail = text.contains("\"n\"")
        let notices =
            isMail
            ? "\n[notify.n]\nchannel = \"mail\"\nsubject = \"x\"\ntext = \"{{ token }}\""
            : text.contains("\"s\"") ? "\n[notify.s]\nchannel = \"sms\"\ntext = \"{{ code }}\"" : ""
        let loaded = try load(text + notices)
        #expect(loaded.warnings.count == wanted.count, "\(loaded.warnings)")
        for (warning, wanted) in zip(loaded.warnings, wanted) { #expect(warning.message.hasPrefix(wanted)) }
    }

    @Test(
        arguments: [
            ("http://127.0.0.1:8080", true), ("http://127.9.9.9", true), ("https://localhost", true), ("http://a.localhost:1/x", true),
            ("http://[::1]:80", true), ("http://127.0.0.1.example.org", false), ("http://localhost.example.org", false),
            ("http://10.0.0.1", false), ("http://[::2]", false), ("https://example.org/localhost", false), ("http://LOCALHOST", true),
        ]) func `what stays on the machine is known`(url: String, isLoopback: Bool)
    {
        #expect(Network.isLoopback(url: url) == isLoopback)
    }

    /// A key over the user alone, or with the tenant, which stands in every key of a tenant's collection anyway.
    @Test(
        arguments: [
            ("", "user = { type = \"ref\", to = \"users\" }", false),
            ("", "user = { type = \"ref\", to = \"users\", unique = true }", true),
            ("unique = [[\"user\"]]", "user = { type = \"ref\", to = \"users\" }", true),
            ("unique = [[\"tenant\", \"user\"]]", "user = { type = \"ref\", to = \"users\" }", true),
            ("unique = [[\"user\", \"role\"]]", "user = { type = \"ref\", to = \"users\" }\nrole = \"string\"", false),
            (
                "unique = [{ fields = [\"user\"], when = \"role == 'x'\" }]",
                "user = { type = \"ref\", to = \"users\" }\nrole = \"string\"", false
            ),
            ("key = [\"user\"]", "user = { type = \"ref\", to = \"users\" }", true),
        ]) func `a member is one row`(key: String, fields: String, isUnique: Bool) throws
    {
        let loaded = try load(
            """
            [tenancy]
            tenant = "firms"
            member = "members"
            [collections.firms.fields]
            name = "string"
            [collections.members]
            tenant = true
            \(key)
            [collections.members.fields]
            \(fields)
            """)
        #expect(loaded.warnings.map(\.message) == (isUnique ? [] : ["one user may be a member twice, and 'member' is only one of the two"]))
    }

    /// What its sections mean together is said of a file that has no fault.
    @Test func `a fault is not drowned by what may follow from it`() {
        let found = faults(of: "[app]\nbase_url = \"https://example.org\"\n[mail]\ndriver = \"smpt\"")
        #expect(found.all.map(\.severity) == [.error], "\(found.rendered())")
    }

    @Test(arguments: ["Tests/Examples/orders.toml", "Tests/Examples/sevra.toml", "Tests/Examples/writers.toml", "atlas.toml.example"])
    func `no example is told anything that is not so`(file: String) throws {
        let loaded = try load(try content(of: file), file: "\(ExampleFile.root)/\(file)")
        let told = loaded.warnings.map(\.message).filter {
            !$0.hasPrefix("there is no directory") && !$0.hasPrefix("the backoffice shares")
        }
        #expect(told.isEmpty, "\(told)")
    }
}
