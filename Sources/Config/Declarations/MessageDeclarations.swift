/// `[mail]`
package struct MailSettings: Sendable {
    package enum Driver: String, Sendable, CaseIterable { case file, smtp }
    /// `file` writes JSON lines to `mail.jsonl` in the data directory.
    package var driver = Driver.file
    /// `host:port`
    package var host: String?
    package var user: String?
    package var password: Secret?
    /// `Name <address>` or the address alone.
    package var from: String?

    package init() {}
}

/// `[sms]`
package struct SMSSettings: Sendable {
    package enum Driver: String, Sendable, CaseIterable { case kavenegar, smsir, http, file }
    /// The only one of `providers` that is asked, or the file `sms.jsonl` in the data directory, which is also used where there are none.
    package var driver: Driver?
    /// Tried in this order.
    package var providers: [SMSProvider] = []

    package init() {}
}

/// One of `sms.providers`.
package struct SMSProvider: Sendable {
    package var at: Location
    package var driver = SMSSettings.Driver.file
    package var key: Secret?
    /// The sender's number.
    package var line: String?
    /// In place of the provider's own base address.
    package var url: String?

    package init(at: Location) {
        self.at = at
    }
}

/// `[notify.<name>]`: a message to somebody. At least one of `text` and `file` is there.
package struct NoticeDeclaration: Sendable {
    package enum Channel: String, Sendable, CaseIterable { case sms, mail }

    package var name: String
    package var at: Location
    /// Tried in this order.
    package var channels: [Channel] = []
    /// Nil: whoever the cause names.
    package var to: [Assignment.Source] = []
    package var subject: LocalisedText?
    package var text: LocalisedText?
    /// What files hold, read with the configuration.
    package var file: LocalisedText?
    /// By the provider of SMS: the pattern registered there.
    package var templates: [(provider: SMSSettings.Driver, pattern: String)] = []

    package init(name: String, at: Location) {
        self.name = name
        self.at = at
    }
}

/// A text with holes, perhaps in several languages.
package struct LocalisedText: Sendable {
    package struct Version: Sendable {
        /// BCP 47; empty where the text is the only one.
        package var locale: String
        package var text: Located<String>
        package var isHTML: Bool

        package init(locale: String, text: Located<String>, isHTML: Bool = false) {
            self.locale = locale
            self.text = text
            self.isHTML = isHTML
        }
    }

    /// In the order of the file, at least one, each locale once.
    package var versions: [Version]

    package init(_ versions: [Version]) {
        self.versions = versions
    }
}

/// `[webhooks.<name>]`: signed requests about what happened.
package struct WebhookDeclaration: Sendable {
    package enum Receiver: Sendable {
        case fixed(url: String, secret: Secret?)
        /// A collection whose records hold `url`, `events`, `secret`.
        case each(Located<String>)
    }

    package var name: String
    package var at: Location
    package var events: [Located<String>] = []
    /// Paths of the record that are told; empty: its id alone.
    package var fields: [Located<String>] = []
    package var receiver: Receiver
    package var attempts = 8
    /// The first delay; doubles, with jitter.
    package var backoff: Int64 = 5_000
    /// After which a delivery is dead.
    package var giveUp: Int64 = 86_400_000
    /// Failing that long switches the record of `each` off; nil: never.
    package var disableAfter: Int64?

    package init(name: String, at: Location) {
        self.name = name
        self.at = at
        receiver = .fixed(url: "", secret: nil)
    }
}
