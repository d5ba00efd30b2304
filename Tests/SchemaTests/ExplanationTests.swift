import ExampleFiles
import Expressions
import Testing

@testable import Config
@testable import Schema

@Suite struct ExplanationTests {
    private func compile(_ text: String) throws -> (Schema, Configuration) {
        let loaded = try ConfigurationLoader().load(text: text)
        return (try SchemaCompiler.compile(loaded), loaded.configuration)
    }

    /// What the examples yield, as the file beside each says it: `path  rules`, in any order of spaces.
    @Test(arguments: ["sevra", "writers", "orders"]) func `the routes of the examples are these`(site: String) throws {
        let loaded = try ConfigurationLoader(environment: Example.secrets).load("\(ExampleFile.root)/Tests/Examples/\(site).toml")
        let schema = try SchemaCompiler.compile(loaded)
        let found = SiteRoutes.all(schema, loaded.configuration).map { "\($0.path)  \($0.summary)" }
        let text = String(
            decoding: try Files.read("\(ExampleFile.root)/Tests/Examples/routes-\(site).txt", limit: 1 << 20).get(), as: UTF8.self)
        let wanted = text.split(separator: "\n").map { line in
            let path = line.prefix { $0 != " " }
            return "\(path)  \(line.dropFirst(path.count).drop { $0 == " " })"
        }
        for line in wanted where !found.contains(line) { Issue.record("missing: \(line)") }
        for line in found where !wanted.contains(line) { Issue.record("not wanted: \(line)") }
        #expect(found == wanted)
    }

    private static let shop = """
        [rules]
        staff = "me.name == 'boss'"
        [collections.users.fields]
        name = "string"
        [collections.items]
        sort = ["name"]
        [collections.items.allow]
        read = "shop.owner == me"
        create = "true"
        update = "staff"
        [collections.items.fields]
        name = { type = "string", required = true }
        shop = { type = "ref", to = "shops", required = true, on_delete = "cascade" }
        price = { type = "decimal", precision = 12, scale = 2, default = "1.50" }
        status = { type = "state", values = ["new", "sold"] }
        note = { type = "string", readonly = true }
        [collections.items.transitions]
        sell = { from = "new", to = "sold", allow = "staff", set = { note = "name" } }
        [collections.shops.allow]
        read = "true"
        [collections.shops.fields]
        owner = { type = "ref", to = "users" }
        total = { type = "decimal", precision = 12, scale = 2, compute = "sum(items.price)" }
        [collections.log.fields]
        text = "string"
        [[on]]
        event = "items.created"
        do = [{ insert = "log", set = { text = "= new.name" } }]
        """

    @Test func `what is worth a second look is told with its place`() throws {
        let (schema, configuration) = try compile(Self.shop)
        let found = Advice.warnings(schema, configuration)
        #expect(found.allSatisfy { $0.severity == .warning })
        let told = found.map { "\($0.at.line): \($0.message)" }
        #expect(told.contains("9: anybody may create items here, without signing in"), "\(told)")
        #expect(told.contains("6: no index serves ?sort=name: every record is sorted for it"), "\(told)")
        #expect(told.contains("8: no index serves this rule: lists of 'items' look at every record"), "\(told)")
        #expect(told.contains("18: this is the literal text 'name', and also the name of something"), "\(told)")
        #expect(found.count == 4, "\(told)")
    }

    @Test func `the public surface holds what needs no credentials, and no more`() throws {
        let (schema, configuration) = try compile(Self.shop)
        let rows = SiteExplanation(schema, configuration).publicSurface.rows.map { $0.joined(separator: " ") }
        #expect(rows.contains("POST /items true") && rows.contains("GET /shops true"), "\(rows)")
        #expect(!rows.contains { $0.contains("/sell") || $0.contains("PATCH") || $0.hasPrefix("GET /items") }, "\(rows)")
    }

    @Test func `how one signs in is told as the file has it`() throws {
        func rows(_ auth: String, _ title: String = "public surface") throws -> [String] {
            let loaded = try ConfigurationLoader(needsSecrets: false).load(text: auth)
            let (schema, configuration) = (try SchemaCompiler.compile(loaded), loaded.configuration)
            let tables = SiteExplanation(schema, configuration).siteTables
            return tables.first { $0.title == title }?.rows.map { $0.joined(separator: " ") } ?? []
        }
        let plain = try rows("")
        #expect(plain.contains("POST /auth/signup true") && plain.contains("POST /auth/password/forgot true"), "\(plain)")
        #expect(!plain.contains { $0.contains("otp") || $0.contains("oidc") || $0.contains("PATCH") }, "\(plain)")
        #expect(try rows("[auth]\nsignup = \"invite\"").contains("POST /auth/signup whoever has an invitation"))
        #expect(try !rows("[auth]\nsignup = \"closed\"").contains { $0.contains("/auth/signup") })
        let codes = try rows(
            """
            [auth]
            methods = ["otp"]
            totp = { require = "name == 'boss'" }
            [auth.otp]
            notify = "code"
            [auth.oidc.firm]
            issuer = "https://id.example.org"
            client_id = "a"
            client_secret = "env:SECRET"
            [notify.code]
            channel = "sms"
            text = "{{ code }}"
            [collections.users.fields]
            name = "string"
            """)
        for line in [
            "POST /auth/otp/request true", "POST /auth/otp/verify whoever has the code; makes accounts", "GET /auth/oidc/firm true",
            "POST /auth/totp/verify whoever has come through the first step",
        ] { #expect(codes.contains(line), "\(codes)") }
        #expect(!codes.contains { $0.contains("/auth/login") || $0.contains("/auth/signup") || $0.contains("password") }, "\(codes)")
        let own = try rows(
            "[auth]\ntotp = { require = \"name == 'boss'\" }\n[collections.users.fields]\nname = \"string\"",
            "signing in, and one's own account")
        #expect(own.contains("POST /auth/totp/setup me != null; a must where name == 'boss'"), "\(own)")
        let clock = try rows(
            "[schedules.night]\ncron = \"0 3 * * *\"\ndo = [{ job = \"sitemap.rebuild\" }]", "schedules")
        #expect(clock == ["night 0 3 * * * job sitemap.rebuild"])
    }

    @Test func `ways to an account that lead nowhere are told`() throws {
        func told(_ text: String) throws -> [String] {
            let (schema, configuration) = try compile(text)
            return Advice.warnings(schema, configuration).map { "\($0.at.line):\($0.at.column) \($0.message)" }
        }
        #expect(try told("[auth]\nsignup = \"invite\"") == ["2:10 nobody can be invited: there are no invitations here"])
        let codes = """
            [auth]
            methods = ["otp"]
            otp = { notify = "code" }
            [notify.code]
            channel = "sms"
            text = "{{ code }}"
            [collections.users.fields]
            name = { type = "string", required = true }
            nick = { type = "string", required = true, default = "x" }
            seen = { type = "datetime", required = true, stamp = "now" }
            """
        #expect(try told(codes) == ["8:1 nobody new gets an account by a code: 'name' is required, and has no default"])
        #expect(try told(codes.replacingOccurrences("[auth]", "[auth]\nsignup = \"closed\"")).isEmpty)
    }

    /// Asked at every request: without a query, and of nothing but the user and the clock.
    @Test(arguments: [
        ("active_when = \"firm.open\"", "'active_when' is asked at every request"), ("active_when = \"me != null\"", "'me'"),
        ("active_when = \"me.name != 'x'\"", "'active_when' is about the user itself: 'me' has no meaning here"),
        ("totp = { require = \"name != 'y' and me.name == 'x'\" }", "'require' is about the user itself"),
        ("totp = { require = \"count(notes) > 1\" }", "'require' is asked at every request"),
        ("totp = { require = \"nme == 'boss'\" }", "'nme'"), ("totp = { require = \"name\" }", "condition"),
        ("totp = { require = 1 }", "expression"), ("totp = { requir = \"true\" }", "'requir'"),
    ]) func `what is asked of an account is checked at load`(key: String, message: String) throws {
        let text = """
            [auth]
            \(key)
            [collections.users.fields]
            name = "string"
            firm = { type = "ref", to = "firms" }
            [collections.firms.fields]
            open = "bool"
            [collections.notes.fields]
            writer = { type = "ref", to = "users", as = "notes", on_delete = "cascade" }
            """
        let faults = #expect(throws: Faults.self) { _ = try compile(text) }
        let found = faults?.all.map { "\($0.at.line) \($0.message)" } ?? []
        #expect(found.count == 1 && found[0].hasPrefix("2 ") && found[0].contains(message), "\(found)")
    }

    @Test(arguments: ["totp = true", "totp = { require = \"now > created_at\" }", "active_when = \"name != 'x' and now > created_at\""])
    func `the clock may be asked`(key: String) throws {
        _ = try compile("[auth]\n\(key)\n[collections.users.fields]\nname = \"string\"")
    }

    @Test func `the site is told before its collections: what is public, what names stand for, uploads, other routes`() throws {
        let (schema, configuration) = try compile(Self.shop)
        let tables = SiteExplanation(schema, configuration).siteTables
        #expect(tables.first?.title == "public surface")
        for table in tables { #expect(table.rows.allSatisfy { $0.count == table.columns.count }, "\(table.title)") }
        #expect(tables.first { $0.title == "rules" }?.rows == configuration.rules.map { [$0.name, $0.condition.value] })
        #expect(tables.last?.rows.contains { $0[1] == "/batch" } == true)
        let orders = try ConfigurationLoader(needsSecrets: false).load("\(ExampleFile.root)/Tests/Examples/orders.toml")
        let site = SiteExplanation(try SchemaCompiler.compile(orders), orders.configuration).siteTables
        func rows(_ title: String) -> [String] { site.first { $0.title == title }?.rows.map { $0.joined(separator: " ") } ?? [] }
        #expect(rows("rules").contains("admin member.role in ['owner', 'admin']"), "\(rows("rules"))")
        #expect(rows("uploads").contains { $0.hasPrefix("upload staff 25 MB private application/pdf, ") }, "\(rows("uploads"))")
        let others = rows("views, exports and the like")
        #expect(others.contains("GET /dashboard insider view") && others.contains("POST /exports/orders staff 202"), "\(others)")
        #expect(others.contains { $0.hasPrefix("GET /audit admin") }, "\(others)")
    }

    @Test func `a collection is told whole`() throws {
        let (schema, configuration) = try compile(Self.shop)
        let explanation = SiteExplanation(schema, configuration)
        let items = try #require(schema.collection("items"))
        let tables = explanation.tables(of: items)
        func rows(_ title: String) -> [[String]] { tables.first { $0.title == title }?.rows ?? [] }
        #expect(rows("fields").contains(["price", "decimal(12, 2)", "default 1.50", "", "who writes the record"]), "\(rows("fields"))")
        #expect(rows("transitions") == [["sell", "new → sold", "staff", "note = 'name'"]])
        #expect(rows("effects") == [["1", "items.created", "insert log { text = new.name }"]])
        #expect(rows("rights").contains(["delete", "nobody"]))
        let shops = try #require(schema.collection("shops"))
        #expect(explanation.tables(of: shops).contains { $0.title == "roll-ups" && $0.rows.first?[1] == "kept by differences" })
        for table in tables {
            #expect(table.rows.allSatisfy { $0.count == table.columns.count }, "\(table.title)")
            #expect(table.text.hasPrefix("  \(table.title) (\(table.columns[0])") && table.lines.count == table.rows.count)
        }
    }
}

extension String {
    fileprivate func replacingOccurrences(_ part: String, _ other: String) -> String {
        split(separator: part, omittingEmptySubsequences: false).joined(separator: other)
    }
}
