import ExampleFiles
import Testing

@testable import Config

/// The three example sites of `Tests/Examples`.
enum Sites {
    static let names = ["sevra", "writers", "orders"]

    /// All that can be read, with errors among the warnings.
    static func read(_ path: String, environment: [String: String] = dummySecrets, set: [(String, String)] = []) -> LoadedConfiguration {
        var files = FileTree(workingDirectory: Files.workingDirectory)
        files.load(path, from: nil)
        return ConfigurationLoader(environment: environment, overrides: set).read(files, file: path)
    }
}

@Suite struct SiteTests {
    @Test(arguments: Sites.names) func `the example sites are right`(name: String) {
        let loaded = Sites.read(ExampleFile.path(name))
        let errors = loaded.warnings.filter { $0.severity == .error }
        #expect(errors.isEmpty, "\(Faults(errors, sources: loaded.sources).rendered())")
        // One has a front end, which is not on this machine.
        let expected = [
            "there is no directory /srv/writers/web", "the backoffice shares its host with a front end: a hole there is a hole here",
        ]
        #expect(loaded.warnings.map(\.message) == (name == "writers" ? expected : []))
    }

    @Test func `sevra says what its file says`() throws {
        let site = Sites.read(ExampleFile.path("sevra")).configuration
        #expect(site.app.siteURL == "https://sevra.ir")
        #expect(site.server.microcache == 5_000)
        #expect(site.server.limits.map(\.name.value) == ["default", "auth.otp", "auth.refresh"])
        #expect(site.server.limits.first?.rate == Rate(count: 100, window: 60_000, scope: .ip))
        #expect(site.tls.mode == .acme)
        #expect(site.tls.domains == ["api.sevra.ir"])
        #expect(site.storage.driver == .s3)
        #expect(site.storage.bucket == "sevra-media")
        #expect(site.auth.methods == [.otp])
        #expect(site.auth.otp.perPhone == Rate(count: 3, window: 3_600_000))
        #expect(site.auth.otp.notice?.value == "otp_code")
        #expect(site.backoffice.allow?.value == "admin")
        #expect(site.backoffice.methods == [.password])
        #expect(site.search.collections.map(\.value) == ["salons", "artists", "posts"])
        #expect(site.search.cache == 120_000)
        #expect(site.views.map(\.name) == ["dashboard", "stats", "related_posts", "same_category"])
        guard case .figures(let figures) = try #require(site.views.first).content else { throw Faults([]) }
        #expect(figures.last?.order == FigureDeclaration.Order(subject: .value, descending: true))
        #expect(figures.last?.by.map(\.value) == ["city.name_fa"])
        #expect(figures.first?.growth == 2_592_000_000)
        guard case .rows(let rows) = site.views[2].content else { throw Faults([]) }
        #expect(rows.order.map(\.value) == ["-overlap(tags, given.tags)", "-published_at"])
        #expect(rows.limit == 5)
        #expect(site.views[1].input.map(\.name) == ["from", "to"])
        #expect(site.sms.providers.map(\.driver) == [.kavenegar, .smsir])
        #expect(site.sms.providers.last?.line == "30007732")
        #expect(site.notices.map(\.name) == ["otp_code", "verification", "operators"])
        #expect(site.notices.first?.templates.map(\.pattern) == ["verify", "100000"])
        #expect(site.notices.last?.to == [.literal(.string("+989120000000"))])
        #expect(site.schedules.map(\.cron.value.hours) == [1 << 2, 1 << 4])
        #expect(site.schedules.first?.effects.first?.target.value == "sitemap.rebuild")
        #expect(site.backup.at == 180)
        #expect(site.backup.to == [.directory("/var/backups/sevra"), .bucket("sevra-backups", prefix: "")])
        #expect(site.alerts.own.map(\.for) == [300_000, 600_000, 0])
        // The file's own come before those of the files that it includes.
        #expect(site.on.map { $0.effects.map(\.kind) } == [[.notify], [.update, .notify]])
        #expect(site.on.last?.events.map(\.value) == ["verifications.created", "verifications.approve", "verifications.reject"])
        let update = try #require(site.on.last?.effects.first)
        #expect(update.target.value == "new.target")
        let directory = ExampleFile.path("sevra.community")
        #expect(update.set.first?.source == .expression(Located("new.status", at: Location(file: directory, line: 116, column: 54))))
    }

    @Test func `writers says what its file says`() throws {
        let site = Sites.read(ExampleFile.path("writers")).configuration
        #expect(site.server.staticFiles?.fallback == "index.html")
        #expect(site.server.limits.first?.rate == Rate(count: 10, window: 1_000, scope: .ip, burst: 20))
        #expect(site.auth.transport == [.cookie, .bearer])
        #expect(site.auth.passwordRequire == [.upper, .lower, .digit])
        #expect(site.auth.passwordLockout == 5)
        #expect(site.auth.passwordLockoutWindow == 900_000)
        #expect(site.on.map(\.when?.value) == ["new.kind == 'audio'", "new.kind == 'document'", nil])
        #expect(site.jobs.map(\.name) == ["transcribe", "analyse"])
        let transcribe = try #require(site.jobs.first)
        #expect(transcribe.states.cancelled?.value == "cancel")
        #expect(transcribe.set.map(\.field.value) == ["language", "duration_s", "transcript", "result"])
        guard case .http(let http) = transcribe.handler, case .multipart(let parts) = http.body else { throw Faults([]) }
        #expect(http.url == "http://127.0.0.1:7000/transcribe")
        #expect(parts.map(\.field.value) == ["file"])
        let analyse = try #require(site.jobs.last)
        #expect(analyse.progress?.value == "progress")
        guard case .exec(let exec) = analyse.handler else { throw Faults([]) }
        #expect(exec.command == ["/usr/local/bin/writers-analyse", "--lang", "fa"])
        #expect(exec.memory == 2_000_000_000)
        #expect(exec.outputs.map(\.file) == ["summary.md"])
        let summary = try #require(site.documents.first)
        #expect(summary.page.font == "Vazirmatn")
        #expect(summary.body.map(\.when?.value) == [nil, "summary_md != null", "summary_md == null"])
        #expect(site.mail.driver == .smtp)
        #expect(site.mail.host == "smtp.example.ir:587")
        #expect(site.webhooks.map(\.attempts) == [6, 8, 8])
        #expect(site.metrics.networks == ["127.0.0.1/32", "10.0.0.0/8"])
        #expect(site.metrics.figures.map(\.aggregate) == [.count, .count, .sum, .avg])
        #expect(site.alerts.own.map(\.severity).count { $0 == .critical } == 2)
        #expect(site.queues.map(\.name) == ["default", "gpu"])
    }

    @Test func `orders says what its file says`() throws {
        let site = Sites.read(ExampleFile.path("orders")).configuration
        let tenancy = try #require(site.tenancy)
        #expect(tenancy.resolve == [.header("X-Tenant"), .query("tenant"), .only])
        #expect(tenancy.invitations?.ttl == 604_800_000)
        #expect(tenancy.hooks != nil)
        #expect(site.storage.presignTTL == 3_600_000)
        #expect(site.auth.sessionMaximum == 20)
        #expect(site.auth.apiKeysAllow?.value == "admin")
        #expect(site.auth.verifyEmail.notice?.value == "verify_email")
        #expect(site.audit.keep == 63_072_000_000)
        let export = try #require(site.exports.first)
        #expect(export.columns.count == 11)
        #expect(export.columns[9].value.value == "count(items)")
        let invoice = try #require(site.documents.first)
        #expect(invoice.body.count == 4)
        guard case .columns(let texts) = invoice.body[1].content, case .table(let rows, let columns) = invoice.body[2].content,
            case .totals(let totals) = invoice.body[3].content
        else { throw Faults([]) }
        #expect(texts.count == 2)
        #expect(rows.value == "items")
        #expect(columns.map(\.align) == [.start, .start, .end, .end, .end])
        #expect(totals.map(\.label) == ["Subtotal", "Tax", "Total"])
        guard case .each(let hooks) = try #require(site.webhooks.first).receiver else { throw Faults([]) }
        #expect(hooks.value == "hooks")
        #expect(site.webhooks.first?.disableAfter == 259_200_000)
        let template = try #require(site.notices.first?.file?.versions.first)
        #expect(template.text.at.file == "\(ExampleFile.root)/Tests/Examples/templates/order_received.html")
        #expect(template.isHTML && template.text.value.hasPrefix("<p>"))
        #expect(site.realtime.collections.map(\.value) == ["orders", "jobs"])
        #expect(site.on.map { $0.effects.map(\.kind) } == [[.insert], [.notify]])
    }

    @Test func `what nothing acts on is told with its place`() {
        let loaded = Sites.read(ExampleFile.path("orders"))
        let names = loaded.configuration.notInForce.map(\.name)
        #expect(
            names.starts(with: ["tls", "storage.driver = \"s3\"", "storage.presign_ttl"]), "\(names)")
        #expect(names.contains("exports") && names.contains("backup") && !names.contains("tenancy"))
        #expect(!names.contains { $0.hasPrefix("collections") || $0.hasPrefix("app") || $0 == "queues" || $0 == "rules" })
        let tls = loaded.configuration.notInForce.first { $0.name == "tls" }
        #expect(tls?.at == Location(file: ExampleFile.path("orders"), line: 16, column: 2))
        #expect(tls?.warning.message == "[tls] is read but not in force in this version")
        #expect(tls?.warning.severity == .warning)
    }

    @Test func `a command that needs no secret is warned of those that it cannot find`() {
        let loaded = ConfigurationLoader(needsSecrets: false).survey(ExampleFile.path("writers"))
        let absent = loaded.warnings.filter { $0.message.contains("the environment has no variable") }
        #expect(absent.count >= 3 && absent.allSatisfy { $0.severity == .warning }, "\(loaded.warnings)")
        #expect(!loaded.warnings.contains { $0.severity == .error })
        let needing = ConfigurationLoader().survey(ExampleFile.path("writers"))
        #expect(needing.warnings.count { $0.severity == .error } == absent.count)
    }

    /// Drivers of a test harness; no secret is there but those of webhooks, which have no driver.
    @Test func `a site runs without the services that it names`() {
        let hooks = dummySecrets.filter { $0.key.hasSuffix("WEBHOOK_SECRET") }
        let set = [
            ("tls.mode", "off"), ("storage.driver", "local"), ("storage.dir", "files"), ("sms.driver", "file"), ("mail.driver", "file"),
            ("auth.otp.ttl", "2s"), ("server.limits.auth.otp", "9/s"), ("server.limits.\"x.y\"", ""),
            ("server.allow_private", "[\"127.0.0.1/32\"]"),
        ]
        for name in Sites.names {
            let loaded = Sites.read(ExampleFile.path(name), environment: hooks, set: set)
            #expect(!loaded.warnings.contains { $0.severity == .error }, "\(loaded.warnings)")
            #expect(loaded.configuration.storage.driver == .local)
            #expect(loaded.configuration.auth.otp.ttl == 2_000)
            #expect(loaded.configuration.server.limits.last { $0.name.value == "auth.otp" }?.rate.count == 9)
            #expect(!loaded.configuration.notInForce.contains { $0.name.hasPrefix("storage.driver") })
        }
        let url = "http://127.0.0.1:1/x"
        let loaded = Sites.read(
            ExampleFile.path("writers"),
            set: [("webhooks.task_events.url", url), ("jobs.transcribe.http.url", url), ("on.0.do.0.job", "analyse"), ("on.2", "")])
        guard case .http(let http)? = loaded.configuration.jobs.first?.handler else {
            Issue.record("no handler")
            return
        }
        #expect(http.url == url)
        #expect(loaded.configuration.on.map(\.effects.first?.target.value) == ["analyse", "analyse"])
    }
}
