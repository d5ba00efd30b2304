internal import Config
internal import Expressions

/// What a message may speak of, where it is sent.
struct NoticeContext {
    /// The collection of `new` and `old`.
    var event: String?
    /// The collection of `this`.
    var row: String?
    /// Names such as `code`.
    var names: [String: ValueType] = [:]
    /// The page that takes its token.
    var page: String?
    /// What the message is for: each of its texts holds at least one of these names.
    var purpose: Set<String> = []

    static let app: [String: ValueType] = ["app.name": .text, "app.site_url": .text, "app.base_url": .text, "app.locale": .text]
    static let token: [String: ValueType] = ["token": .text, "link": .text]
    static let alert: [String: ValueType] = [
        "alert.name": .text, "alert.state": .text, "alert.severity": .text, "alert.value": .float,
    ]

    /// - Parameter to: the collection of the recipient; nil: an address, which then is the text `to`.
    func scope(to: String?) -> Scope {
        var names = self.names.merging(Self.app) { own, _ in own }
        if to == nil { names["to"] = .text }
        return Scope(
            collection: row, hasOld: event != nil, hasNew: event != nil, event: event, to: to, hasCaller: false, names: names,
            isText: true)
    }
}

/// `[notify]`
extension SchemaCompiler {
    /// The notification as it is sent from there to a record of that collection, or to an address.
    mutating func notice(_ declared: NoticeDeclaration, in context: NoticeContext, to: String?) -> Notice {
        let scope = context.scope(to: to)
        let before = faults.count
        let subject = template(declared.subject, in: scope, isHTML: false)
        // What a text beside HTML says to programs that show none may be a bare word; by SMS it is all there is.
        let isAll = declared.text == nil || declared.file == nil || declared.channels.contains(.sms)
        let text = template(declared.text ?? declared.file, in: scope, isHTML: false, for: isAll ? context.purpose : [])
        let html = template(declared.file, in: scope, isHTML: true, for: context.purpose)
        // A text that is used in several places is wrong once.
        let known = Set(faults[..<before])
        faults = faults[..<before] + faults[before...].filter { !known.contains($0) }
        let patterns = declared.templates.map { ($0.provider.rawValue, $0.pattern) }
        return Notice(
            name: declared.name, channels: declared.channels.compactMap { Notice.Channel(rawValue: $0.rawValue) }, subject: subject,
            text: text, html: html,
            patterns: Dictionary(patterns) { first, _ in first }, page: context.page)
    }

    /// The versions that are HTML, or those that are not.
    private mutating func template(
        _ declared: LocalisedText?, in scope: Scope, isHTML: Bool, for purpose: Set<String> = []
    ) -> Localised<TextTemplate>? {
        var versions: [(locale: String, value: TextTemplate)] = []
        for version in declared?.versions ?? [] where version.isHTML == isHTML {
            let before = faults.count
            let template = template(version.text, in: scope, escaping: isHTML ? .html : .none)
            // A hole that is faulty may be the one.
            if faults.count == before { require(purpose, of: template, version.text) }
            versions.append((version.locale, template))
        }
        return Localised(versions, home: configuration.app.locale)
    }

    /// A message without what it is for is of no use to anybody.
    private mutating func require(_ purpose: Set<String>, of template: TextTemplate, _ source: Located<String>) {
        guard !purpose.isEmpty, !template.holes.contains(where: { $0.mentions(purpose) }) else { return }
        let holes = purpose.sorted().map { "{{ \($0) }}" }.joined(separator: " or ")
        faults.append(
            Fault(
                "nobody can use this message: it has no \(holes)", at: source.at,
                length: max(1, source.value.unicodeScalars.prefix { $0 != "\n" }.count), suggestion: "write it where it is to stand"))
    }

    /// A text with holes. What is wrong in a hole is told at its place, and the hole left out.
    mutating func template(_ source: Located<String>, in scope: Scope, escaping: TextTemplate.Escaping) -> TextTemplate {
        var parts: [TextTemplate.Part] = []
        for piece in TextTemplate.pieces(of: source.value) {
            switch piece {
            case .literal(let text): parts.append(.literal(text))
            case .fault(let message, let offset):
                faults.append(unclosed(message, at: source.location(ofScalar: offset)))
            case .hole(let text, let offset):
                let located = Located(text, at: source.location(ofScalar: offset))
                if let expression = expression(located, in: scope, as: .anything) { parts.append(.value(expression)) }
            }
        }
        return TextTemplate(parts: parts, escaping: escaping)
    }

    /// The notification of that name.
    func noticeDeclaration(_ name: Located<String>?) -> NoticeDeclaration? {
        name.flatMap { name in configuration.notices.first { $0.name == name.value } }
    }

    /// Holes that do not close are told also of files that nothing sends yet.
    private mutating func checkFiles() {
        for version in configuration.notices.flatMap({ $0.file?.versions ?? [] }) {
            for case .fault(let message, let offset) in TextTemplate.pieces(of: version.text.value) {
                let fault = unclosed(message, at: version.text.location(ofScalar: offset))
                if !faults.contains(fault) { faults.append(fault) }
            }
        }
    }

    private func unclosed(_ message: String, at place: Location) -> Fault {
        Fault(message, at: place, length: 2, suggestion: "write {{ expression }}")
    }

    /// What Atlas sends by itself, as the file has it or as it comes.
    mutating func notices() -> Notices {
        checkFiles()
        let auth = configuration.auth
        let tokens = Set(NoticeContext.token.keys)
        func users(_ page: String) -> NoticeContext {
            NoticeContext(event: BuiltIns.users, names: NoticeContext.token, page: page, purpose: tokens)
        }
        let otp = NoticeContext(event: BuiltIns.users, names: ["code": .text], purpose: ["code"])
        let areInvited = model.collections["invitations"] != nil
        let invitations = NoticeContext(
            event: areInvited ? "invitations" : nil, names: NoticeContext.token, page: "join",
            purpose: areInvited ? tokens : [])
        let invitation =
            noticeDeclaration(configuration.tenancy?.invitations?.notice) ?? configuration.notices.first { $0.name == "invitation" }
        let channels: [(Located<String>?, NoticeDeclaration.Channel, String)] = [
            (auth.otp.notice, .sms, "codes go by SMS"), (auth.verifyEmail.notice, .mail, "addresses are proven by mail"),
            (auth.reset.notice, .mail, "tokens for a new password go by mail"),
            (configuration.tenancy?.invitations?.notice, .mail, "invitations go by mail"),
        ]
        for (name, channel, why) in channels {
            guard let name, let declared = noticeDeclaration(name), !declared.channels.contains(channel) else { continue }
            faults.append(
                Fault(
                    "\(why), and '\(name.value)' has no channel \"\(channel.rawValue)\"", at: name.at, length: name.value.count,
                    suggestion: "channel = \"\(channel.rawValue)\""))
        }
        let app = configuration.app
        func news(_ declared: NoticeDeclaration) -> Notice {
            notice(declared, in: NoticeContext(event: BuiltIns.users), to: BuiltIns.users)
        }
        return Notices(
            otp: notice(noticeDeclaration(auth.otp.notice) ?? BuiltInNotices.otp, in: otp, to: BuiltIns.users),
            reset: notice(noticeDeclaration(auth.reset.notice) ?? BuiltInNotices.reset, in: users("reset"), to: BuiltIns.users),
            verifyEmail: notice(
                noticeDeclaration(auth.verifyEmail.notice) ?? BuiltInNotices.verifyEmail, in: users("verify"), to: BuiltIns.users),
            invitation: notice(invitation ?? BuiltInNotices.invitation, in: invitations, to: nil),
            accountChanged: news(BuiltInNotices.accountChanged), secondFactorOn: news(BuiltInNotices.secondFactorOn),
            secondFactorOff: news(BuiltInNotices.secondFactorOff), recoveryCodeUsed: news(BuiltInNotices.recoveryCodeUsed),
            keyEnded: notice(
                BuiltInNotices.keyEnded, in: NoticeContext(event: BuiltIns.users, names: ["key.name": .text]), to: BuiltIns.users),
            locale: app.locale, timezone: app.timezone,
            facts: [
                "app.name": .text(app.name), "app.site_url": .text(app.site), "app.base_url": .text(app.baseURL),
                "app.locale": .text(app.locale),
            ],
            attempts: Dictionary(
                uniqueKeysWithValues: Notice.Channel.allCases.map { channel in
                    (channel, configuration.queues.first { $0.name == channel.rawValue }?.attempts ?? 5)
                }))
    }
}
