/// Messages that nobody gets: there is no service that carries them, or only a file (11-precisions 44).
extension Caveats {
    static let messages: [@Sendable (WholeFile) -> [Fault]] = [mail, relay, sms, webhooks]

    @Sendable private static func mail(_ file: WholeFile) -> [Fault] {
        let configuration = file.configuration
        guard configuration.mail.driver == .file else { return [] }
        var wants = ["auth.verify_email", "auth.reset"].filter { file.member($0) != nil }
        if configuration.tenancy?.invitations != nil { wants.append("tenancy.invitations") }
        wants += notices(of: .mail, configuration)
        // Whoever forgot his password asks for a mail, though the file says nothing of it.
        if file.isPublic, configuration.auth.methods.contains(.password) { wants.append("app.base_url") }
        return unsent(
            "mail", into: "mail.jsonl", wants: wants, isChosen: file.member("mail") != nil, settings: ["mail.driver", "mail"],
            "write [mail] with driver = \"smtp\", host and from", file)
    }

    /// A relay that is named and not used.
    @Sendable private static func relay(_ file: WholeFile) -> [Fault] {
        guard file.configuration.mail.driver == .file, file.member("mail.driver") == nil else { return [] }
        return file.warning("no mail goes there: the driver is \"file\"", at: "mail.host", next: "write driver = \"smtp\" beside it")
    }

    @Sendable private static func sms(_ file: WholeFile) -> [Fault] {
        let configuration = file.configuration
        let sms = configuration.sms
        guard sms.driver == .file || sms.providers.allSatisfy({ $0.driver == .file }) else { return [] }
        let isAsked = configuration.auth.methods.contains(.otp) || file.member("auth.otp") != nil
        let wants = (isAsked ? ["auth.otp", "auth.methods"] : []) + notices(of: .sms, configuration)
        return unsent(
            "SMS", into: "sms.jsonl", wants: wants, isChosen: sms.driver != nil || !sms.providers.isEmpty,
            settings: ["sms.driver", "sms.providers", "sms"], "write [sms] with a provider", file)
    }

    /// Without events a webhook is for effects that name it.
    @Sendable private static func webhooks(_ file: WholeFile) -> [Fault] {
        let configuration = file.configuration
        let effects = configuration.on.flatMap(\.effects) + configuration.schedules.flatMap(\.effects)
        let named = Set(effects.filter { $0.kind == .webhook }.map(\.target.value))
        return configuration.webhooks.filter { $0.events.isEmpty && !named.contains($0.name) }.flatMap { webhook in
            file.warning(
                "nothing is ever told: there is no event, and no effect names '\(webhook.name)'", at: "webhooks.\(webhook.name).events",
                next: "write at least one event")
        }
    }

    /// - Parameters:
    ///   - wants: the keys that ask for such messages.
    ///   - isChosen: whether the file says that they shall go into a file; it then is meant, unless people are to reach the site.
    ///   - settings: where it says so.
    private static func unsent(
        _ what: String, into name: String, wants: [String], isChosen: Bool, settings: [String], _ next: String, _ file: WholeFile
    ) -> [Fault] {
        guard !wants.isEmpty, !isChosen || file.isPublic else { return [] }
        return file.warning(
            "no \(what) leaves: each is a line of \(name) in app.data_dir, and nobody gets it", or: settings + wants,
            next: file.isPublic ? next : "\(next), or driver = \"file\" if that is meant")
    }

    private static func notices(of channel: NoticeDeclaration.Channel, _ configuration: Configuration) -> [String] {
        configuration.notices.filter { $0.channels.contains(channel) }.map { "notify.\($0.name)" }
    }
}

extension WholeFile {
    /// Whether people are to reach the site: by HTTPS, at another machine than their own.
    fileprivate var isPublic: Bool {
        let url = configuration.app.baseURL
        return url.hasPrefix("https:") && !Network.isLoopback(url: url)
    }
}
