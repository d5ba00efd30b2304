package import Expressions

/// `[notify.<name>]`, compiled for the place that sends it: what `new`, `this` and `to` are differs from place to place.
package struct Notice: Sendable {
    /// A way to the recipient; its queue bears the same name.
    package enum Channel: String, Sendable, CaseIterable { case sms, mail }

    package var name: String
    /// Tried in this order.
    package var channels: [Channel]
    /// Of a mail; there wherever `channels` has `mail`.
    package var subject: Localised<TextTemplate>?
    /// What it says as plain text; nil: the words of `html`.
    package var text: Localised<TextTemplate>?
    package var html: Localised<TextTemplate>?
    /// By the name of a provider of SMS: the pattern that is registered there.
    package var patterns: [String: String]
    /// The page of the site that takes its token, as `reset`: `link` leads there.
    package var page: String?
}

/// Whom a message goes to, before its moment.
package enum NoticeTarget: Sendable {
    case address(String)
    /// Gives an address, a record or several.
    case value(Expression)
}

/// What Atlas itself sends, and what every message knows of the site.
package struct Notices: Sendable {
    /// A code for a phone. Names: `code`.
    package var otp: Notice
    /// A token for a new password. Names: `token`, `link`.
    package var reset: Notice
    /// A token that proves an address. Names: `token`, `link`.
    package var verifyEmail: Notice
    /// `new` is the invitation. Names: `token`, `link`.
    package var invitation: Notice
    /// To the old address or phone: e-mail, phone or password was changed.
    package var accountChanged: Notice
    /// To the owner: an authenticator was set up, given up, or passed by with a recovery code.
    package var secondFactorOn: Notice
    package var secondFactorOff: Notice
    package var recoveryCodeUsed: Notice
    /// To who made an API key that another has ended. Names: `key.name`.
    package var keyEnded: Notice

    /// BCP 47: of those whose language is not known.
    package var locale: String
    /// Of `date` and `time`; an IANA name.
    package var timezone: String
    /// `app.name`, `app.site_url`, `app.base_url`, `app.locale`.
    package var facts: [String: Value]
    /// Tries of a message, by channel.
    package var attempts: [Notice.Channel: Int]
}
