package import Expressions
internal import HTML
internal import JSON
internal import Ports
package import Schema

/// Whom a message goes to.
package enum NoticeRecipient: Sendable {
    /// Of mail, or a number of a phone, as people write them.
    case address(String)
    /// A user, or a record with `phone` or `email`; its `locale` or `language` says what it reads.
    case row(Row)
}

/// What a message may speak of besides its recipient.
package struct NoticeFacts: Sendable {
    package var code: String?
    package var token: String?
    package var new: Row?
    package var old: Row?
    package var this: Row?
    /// Other values by their whole name: `alert.value`.
    package var names: [String: Value]
    /// When the message is worth nothing any more, as a code whose time is over; milliseconds since 1970.
    package var expiresAt: Int64?
    /// Made like any other and sent to nobody: so that the time of an answer does not tell whether there is a recipient.
    package var isForNobody: Bool

    package init(
        code: String? = nil, token: String? = nil, new: Row? = nil, old: Row? = nil, this: Row? = nil,
        names: [String: Value] = [:], expiresAt: Int64? = nil, isForNobody: Bool = false
    ) {
        self.expiresAt = expiresAt
        self.isForNobody = isForNobody
        self.code = code
        self.token = token
        self.new = new
        self.old = old
        self.this = this
        self.names = names
    }
}

/// Makes bytes unreadable without the site's key: payloads of messages hold codes and tokens.
package typealias Seal = @Sendable ([UInt8]) -> [UInt8]

/// A message was asked for where nothing can seal it.
package struct MessagesUnsealed: Error, Sendable {
    package init() {}
}

extension RecordWriter {
    /// Renders the message with the values of this moment and enqueues its delivery in the commit of its cause; gives the id of the job.
    /// Nil, and nothing enqueued, where the recipient has no address for any channel of the notification.
    @discardableResult
    package func notify(_ notice: Notice, to recipient: NoticeRecipient, given facts: NoticeFacts = NoticeFacts()) throws -> String? {
        try notify(notice, to: recipient, given: facts, in: environment)
    }

    @discardableResult
    func notify(_ notice: Notice, to recipient: NoticeRecipient, given facts: NoticeFacts, in environment: Environment) throws -> String? {
        guard let seal else { throw MessagesUnsealed() }
        let locale = self.locale(of: recipient)
        let addresses = self.addresses(of: recipient)
        let format = LocaleFormat(locale: locale, timezone: schema.notices.timezone)
        var scope = environment
        (scope.new, scope.old) = (facts.new, facts.old)
        scope.names = schema.notices.facts.merging(facts.names) { _, given in given }
        for (name, value) in [("code", facts.code), ("token", facts.token)] {
            if let value { scope.names[name] = .text(value) }
        }
        if let token = facts.token, let page = notice.page, case .text(let site) = scope.names["app.site_url"] {
            // Tokens are base64url: nothing of them needs escaping.
            scope.names["link"] = .text("\(site.hasSuffix("/") ? String(site.dropLast()) : site)/\(page)?token=\(token)")
        }
        scope.format = { format.text($0) }
        switch recipient {
        case .address(let address): scope.names["to"] = .text(address)
        case .row(let row): scope.to = row
        }
        let routes: [Message.Route] = try notice.channels.compactMap { channel in
            guard let address = addresses[channel] else { return nil }
            return try route(channel, to: address, notice, locale: locale, in: scope, this: facts.this)
        }
        guard let first = routes.first else { return nil }
        var message = Message(notice: notice.name, at: environment.now, routes: routes)
        (message.expiresAt, message.isForNobody) = (facts.expiresAt, facts.isForNobody)
        let sealed = seal(Array(message.json.text.utf8))
        guard !sealed.isEmpty else { throw MessagesUnsealed() }
        let payload: JSONValue = ["sealed": .string(Base64.url(sealed))]
        return try enqueue(
            NewJob(
                kind: Message.jobKind(first.channel), queue: first.channel.rawValue, payload: Array(payload.text.utf8),
                maxAttempts: facts.isForNobody ? 1 : schema.notices.attempts[notice.channels[0]] ?? 5, requestID: caller.requestID))
    }

    private func route(
        _ channel: Notice.Channel, to address: String, _ notice: Notice, locale: String, in scope: Environment, this: Row?
    ) throws -> Message.Route {
        func write(_ expression: Expression) throws -> String {
            Self.written(try expression.evaluate(in: scope, row: this, rows: transaction))
        }
        let html = try notice.html?.value(for: locale).rendered(write)
        let text = try notice.text?.value(for: locale).rendered(write) ?? html.map { HTMLText.plain($0) } ?? ""
        switch channel {
        case .mail:
            // One line, whatever the values hold.
            let subject = try notice.subject?.value(for: locale).rendered(write) ?? ""
            let line = String(String.UnicodeScalarView(subject.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
            return Message.Route(channel: .mail, to: address, subject: line, text: text, html: html)
        case .sms:
            let holes = notice.patterns.isEmpty ? [] : (notice.text ?? notice.html)?.value(for: locale).holes ?? []
            let values = try holes.map { Message.Filling(name: Self.lastName(of: $0.source), value: try write($0)) }
            return Message.Route(channel: .sms, to: address, text: text, patterns: notice.patterns, values: values)
        }
    }

    /// `status` of `new.status`; of anything but a path its whole letters.
    private static func lastName(of source: String) -> String {
        let path = source.split(separator: ".").last.map(String.init) ?? source
        return String(path.filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") })
    }

    /// What a reader sees of a value that no function has formatted.
    private static func written(_ value: Value) -> String {
        switch value {
        case .null: ""
        case .bool(let truth): truth ? "true" : "false"
        case .int(let number): "\(number)"
        case .float(let number): number == number.rounded() && abs(number) < 1e15 ? "\(Int64(number))" : "\(number)"
        case .decimal(let number): number.description
        case .text(let text): text
        case .moment(let moment): Timestamp.text(moment)
        case .date(let day): CalendarDate.text(day)
        case .duration(let milliseconds): ISODuration.text(milliseconds)
        case .list(let items): items.map(written).joined(separator: ", ")
        }
    }

    // MARK: Recipients

    private func field(_ name: String, of row: Row) -> String? {
        guard let index = schema.collection(row.collection)?.field(name)?.index, case .text(let text)? = row.values[at: index] else {
            return nil
        }
        return text.isEmpty ? nil : text
    }

    private func locale(of recipient: NoticeRecipient) -> String {
        guard case .row(let row) = recipient else { return schema.notices.locale }
        return field("locale", of: row) ?? field("language", of: row) ?? schema.notices.locale
    }

    private func addresses(of recipient: NoticeRecipient) -> [Notice.Channel: String] {
        var addresses: [Notice.Channel: String] = [:]
        switch recipient {
        case .address(let text):
            let region = PhoneNumber.region(ofLocale: schema.notices.locale)
            if let address = EmailAddress.normalized(text) {
                addresses[.mail] = address
            } else if let number = PhoneNumber.normalized(text, region: region) {
                addresses[.sms] = number
            }
        case .row(let row):
            addresses[.mail] = field("email", of: row)
            addresses[.sms] = field("phone", of: row)
        }
        return addresses
    }
}

extension [Value] {
    fileprivate subscript(at index: Int) -> Value? { indices.contains(index) ? self[index] : nil }
}
