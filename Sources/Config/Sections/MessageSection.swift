import Text

/// `[mail]`, `[sms]`, `[notify]`, `[webhooks]`
extension Language {
    static let mail = Section<MailSettings>(
        keys: [
            Key("driver", .choice(), \.driver, initial: "\"file\"", "`file` writes JSON lines to `mail.jsonl` in `app.data_dir`"),
            Key("host", relay, \.host, "`smtp`: the relay, such as `smtp.example.org:587`"),
            Key("user", .text(), \.user, "`smtp`: who signs in there"),
            Key("password", .secret, \.password, "`smtp`: and how"),
            Key("from", .mailbox, \.from, "the sender"),
        ]
    ) { mail, table, reading in
        guard mail.driver == .smtp, let driver = table["driver"] else { return }
        for name in ["host", "from"] where table[name] == nil { reading.report("driver \"smtp\" needs '\(name)'", driver.node) }
    }.using { key, table in
        key == "driver" || table["driver"]?.node.string == "smtp"
    }

    /// `host:port` of a server elsewhere.
    private static let relay = Form<String>.setting("address", example: "\"smtp.example.org:587\"", pattern: ".+:[0-9]{1,5}") { text in
        text.hasPrefix(":") ? .failure(Problem(message: "the host is missing")) : Network.address(text)
    }

    static let sms = Section<SMSSettings>(
        keys: [
            Key("driver", .choice(), \.driver, "only this of `providers`, or `file`: JSON lines in `sms.jsonl` of `app.data_dir`"),
            Key("providers", .list(provider), \.providers, initial: "[]", "who sends; the next one after a definite failure"),
        ]
    ) { sms, table, reading in
        guard let driver = sms.driver, driver != .file, let member = table["driver"] else { return }
        if !sms.providers.contains(where: { $0.driver == driver }) {
            reading.report("no provider has the driver \"\(driver.rawValue)\"", member.node, suggestion: "add it to 'providers'")
        }
    }.using { key, table in
        key == "driver" || table["driver"]?.node.string != "file"
    }

    private static let provider = Form.table(providerSection) { SMSProvider(at: $0.at) }

    static let providerSection = Section<SMSProvider>(
        keys: [
            Key("driver", .choice(), \.driver, isRequired: true, "whose service"),
            Key("key", .secret, \.key, "of the account there"),
            Key("line", .text(), \.line, "the sender's number"),
            Key("url", .url, \.url, "in place of the service's own address"),
        ]
    ) { provider, table, reading in
        guard let driver = table["driver"] else { return }
        let needed =
            switch provider.driver {
            case .kavenegar, .smsir: "key"
            case .http: "url"
            case .file: "driver"
            }
        if table[needed] == nil { reading.report("driver \"\(provider.driver.rawValue)\" needs '\(needed)'", driver.node) }
    }

    static let notices = Form<[NoticeDeclaration]>.byName("notification", shape: notice.shape) { member, reading in
        Form.table(notice) { _ in NoticeDeclaration(name: member.name, at: member.at) }.read(member.node, reading)
    }

    static let notice = Section<NoticeDeclaration>(
        keys: [
            Key(
                "channel", .oneOrList(.choice()).filled("it would go nowhere", "write channel = \"mail\""), \.channels, isRequired: true,
                "how it goes, or several ways to try in order"),
            Key(
                "to", .oneOrList(.value).filled("nobody would get it", "leave 'to' out where the cause says who"), \.to,
                "an address, a user or a record with `phone` or `email`; whom the cause names unless said"),
            Key("subject", texts, \.subject, "of a mail; a table by locale for several languages"),
            Key("text", texts, \.text, "what it says; `{{ … }}` holds an expression; or a table by locale"),
            Key("file", templateFiles, \.file, "a file that says it, HTML where its name ends so; or a table by locale"),
            Key("template", templates, \.templates, "by provider of SMS: the pattern that is registered there"),
        ]
    ) { notice, table, reading in
        // A text beside a file of HTML is what it says to programs that show none, and by SMS.
        if notice.file?.versions.allSatisfy(\.isHTML) != true || table["text"] == nil {
            _ = only(["text", "file"], of: table, at: notice.at, length: notice.name.count, reading)
        }
        if notice.channels.contains(.mail), table["subject"] == nil, let channel = table["channel"] {
            reading.report("a mail needs 'subject'", channel.node)
        }
        if !notice.channels.isEmpty, !notice.channels.contains(.sms), let template = table["template"] {
            reading.report("'template' is for the channel \"sms\"", key: template)
        }
    }

    /// A text, or a table of texts by locale.
    private static let texts = localised(Form<Located<String>>.template.map { LocalisedText.Version(locale: "", text: $0) })

    private static let templateFiles = localised(templateFile)

    private static func localised(_ one: Form<LocalisedText.Version>) -> Form<LocalisedText> {
        let shape = Shape.either([one.shape, .named("locale", one.shape, pattern: Form<String>.localePattern)])
        return Form<LocalisedText>(shape: shape) { node, reading in
            guard let table = node.table else { return one.read(node, reading).map { LocalisedText([$0]) } }
            if table.members.isEmpty { reading.report("there is no text in any language", node, suggestion: "write { en = \"…\" }") }
            var versions: [LocalisedText.Version] = []
            for member in table.members {
                guard Form<String>.isLocale(member.name) else {
                    reading.report("'\(member.name)' is no locale", key: member, suggestion: "write { en = \"…\", fa = \"…\" }")
                    continue
                }
                guard var version = one.read(member.node, reading) else { continue }
                version.locale = member.name
                versions.append(version)
            }
            return versions.isEmpty ? nil : LocalisedText(versions)
        }
    }

    /// A path, absolute after reading, of a file, with what it holds.
    private static let templateFile = Form<LocalisedText.Version>(shape: Form<String>.path.shape) { node, reading in
        guard let path = Form<String>.directory.read(node, reading) else { return nil }
        switch Files.read(path, limit: 1 << 20) {
        case .failure(let reason):
            let message = Files.isFile(path) ? "the file \(path) cannot be read: \(reason.message)" : "there is no file \(path)"
            reading.report(message, node, suggestion: "a relative path starts at the file that names it")
            return nil
        case .success(let bytes):
            guard let text = String(validating: bytes, as: UTF8.self) else {
                reading.report("the file \(path) is no text (UTF-8)", node)
                return nil
            }
            let isHTML = path.hasSuffix(".html") || path.hasSuffix(".htm")
            return LocalisedText.Version(
                locale: "", text: Located(text, at: Location(file: path, line: 1, column: 1)), isHTML: isHTML)
        }
    }

    private static let templates = Form<[(provider: SMSSettings.Driver, pattern: String)]>(
        shape: .named("provider", Form<String>.text().shape)
    ) { node, reading in
        guard let table = node.table else {
            reading.report("a table is expected here, not \(node.kind)", node, suggestion: "write { kavenegar = \"…\" }")
            return nil
        }
        let known = SMSSettings.Driver.allCases.map(\.rawValue)
        return table.members.compactMap { member in
            guard let driver = SMSSettings.Driver(rawValue: member.name) else {
                reading.report(
                    "unknown provider '\(member.name)'", key: member,
                    suggestion: NearestName.phrase(for: member.name, among: known) ?? "known here: \(known.joined(separator: ", "))")
                return nil
            }
            return Form<String>.text().read(member.node, reading).map { (driver, $0) }
        }
    }

    static let webhooks = Form<[WebhookDeclaration]>.byName("webhook", shape: webhook.shape) { member, reading in
        Form.table(webhook) { _ in WebhookDeclaration(name: member.name, at: member.at) }.read(member.node, reading)
    }

    static let webhook = Section<WebhookDeclaration>(
        keys: [
            Key(
                "events", .list(.event), \.events, isRequired: true,
                "what is told"),
            Key("fields", .list(Form.fieldPath.located), \.fields, initial: "[]", "paths of the record; empty: its id alone"),
            Key("url", .url, \.url, "whom, with `secret`"),
            Key("secret", .secret, \.secret, "what requests are signed with"),
            Key("each", .collection, \.each, "or each record of this collection, with its own `url`, `events` and `secret`"),
            Key("attempts", .integer(1...1_000), \.attempts, initial: "8", "tries"),
            Key("backoff", .duration(), \.backoff, initial: "\"5s\"", "delay before the second try; doubles, with jitter"),
            Key("give_up", .duration(), \.giveUp, initial: "\"24h\"", "after which a delivery is dead"),
            Key("disable_after", .duration(), \.disableAfter, "failing that long switches a record of `each` off"),
        ]
    ) { webhook, table, reading in
        guard let receiver = only(["url", "each"], of: table, at: webhook.at, length: webhook.name.count, reading) else { return }
        if receiver.name == "url", table["secret"] == nil {
            reading.report("'url' needs 'secret'", key: receiver, suggestion: "deliveries are signed: secret = \"env:NAME\"")
        }
        for (name, home) in [("secret", "url"), ("disable_after", "each")] where receiver.name != home {
            guard let member = table[name] else { continue }
            reading.report("'\(name)' belongs to '\(home)'", key: member, suggestion: "take it out")
        }
    }
}

extension WebhookDeclaration {
    fileprivate var url: String? {
        get { if case .fixed(let url, _) = receiver { url } else { nil } }
        set { receiver = .fixed(url: newValue ?? "", secret: secret) }
    }

    fileprivate var secret: Secret? {
        get { if case .fixed(_, let secret) = receiver { secret } else { nil } }
        set { receiver = .fixed(url: url ?? "", secret: newValue) }
    }

    fileprivate var each: Located<String>? {
        get { if case .each(let collection) = receiver { collection } else { nil } }
        set { if let newValue { receiver = .each(newValue) } }
    }
}
