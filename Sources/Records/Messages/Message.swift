package import JSON
package import Schema

/// A message as it was rendered at its commit: what a delivery needs, and nothing that could change meanwhile.
package struct Message: Sendable, Equatable {
    /// One way to the recipient. Those of a message are tried in order.
    package struct Route: Sendable, Equatable {
        package var channel: Notice.Channel
        /// An address of mail, or a number in E.164.
        package var to: String
        package var subject: String
        package var text: String
        package var html: String?
        /// By provider of SMS: the pattern that is registered there.
        package var patterns: [String: String]
        /// What a pattern is filled with: the holes of the text, by the last part of their names, in order.
        package var values: [Filling]

        package init(
            channel: Notice.Channel, to: String, subject: String = "", text: String, html: String? = nil, patterns: [String: String] = [:],
            values: [Filling] = []
        ) {
            self.channel = channel
            self.to = to
            self.subject = subject
            self.text = text
            self.html = html
            self.patterns = patterns
            self.values = values
        }
    }

    package struct Filling: Sendable, Equatable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// `[notify.<name>]`
    package var notice: String
    /// Milliseconds since 1970.
    package var at: Int64
    package var routes: [Route]
    /// From then on it is not sent any more; nil: whenever.
    package var expiresAt: Int64?
    /// It is not sent at all.
    package var isForNobody = false

    package init(notice: String, at: Int64, routes: [Route]) {
        self.notice = notice
        self.at = at
        self.routes = routes
    }

    /// Kinds of jobs, by the channel that is tried first; each has the queue of its channel.
    package static func jobKind(_ channel: Notice.Channel) -> String { "\(channel.rawValue).send" }
}

extension Message {
    package var json: JSONValue {
        .object([
            "notice": .string(notice), "at": .integer(at), "expires_at": expiresAt.map { .integer($0) } ?? .null,
            "for_nobody": .bool(isForNobody),
            "routes": .array(
                routes.map { route in
                    .object([
                        "channel": .string(route.channel.rawValue), "to": .string(route.to), "subject": .string(route.subject),
                        "text": .string(route.text), "html": route.html.map { .string($0) } ?? .null,
                        "patterns": .object(
                            route.patterns.sorted { $0.key < $1.key }.map { JSONMember(name: $0.key, value: .string($0.value)) }),
                        "values": .array(route.values.map { .array([.string($0.name), .string($0.value)]) }),
                    ])
                }),
        ])
    }

    /// Nil for what `json` did not make.
    package init?(_ json: JSONValue) {
        guard let notice = json["notice"]?.string, let at = json["at"]?.integer, let routes = json["routes"]?.array else { return nil }
        let read = routes.compactMap { Route($0) }
        guard read.count == routes.count else { return nil }
        self.init(notice: notice, at: at, routes: read)
        expiresAt = json["expires_at"]?.integer
        isForNobody = json["for_nobody"] == true
    }
}

extension Message.Route {
    fileprivate init?(_ json: JSONValue) {
        guard let channel = json["channel"]?.string.flatMap({ Notice.Channel(rawValue: $0) }), let to = json["to"]?.string,
            let text = json["text"]?.string, case .object(let patterns)? = json["patterns"], let values = json["values"]?.array
        else { return nil }
        self.init(
            channel: channel, to: to, subject: json["subject"]?.string ?? "", text: text, html: json["html"]?.string,
            patterns: Dictionary(patterns.compactMap { pattern in pattern.value.string.map { (pattern.name, $0) } }) { first, _ in first },
            values: values.compactMap { pair in
                guard let pair = pair.array, pair.count == 2, let name = pair[0].string, let value = pair[1].string else { return nil }
                return Message.Filling(name: name, value: value)
            })
    }
}
