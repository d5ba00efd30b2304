internal import Config
package import Expressions
internal import Text

/// What an event tells one of `[webhooks]`: a signed request to its address, or to each that subscribed.
package struct WebhookCall: Sendable {
    package var webhook: String
    /// `tasks.done`; the type of the message.
    package var event: String
    package var fields: [WebhookField]
    /// Tries of one delivery.
    package var attempts: Int
    /// The records that want it; nil: the one address of the file.
    package var receivers: RowSelection?
}

/// A value that a webhook tells: a field of the event's record, or of one that its references lead to.
package struct WebhookField: Sendable {
    /// As written; the members of `data` are nested like it.
    package var path: [String]
    /// References, by index, each of the record before it.
    package var hops: [(collection: String, field: Int)]
    /// In the last record.
    package var field: Field
}

/// The collection that keeps the endpoints of a webhook's `each`, its fields by index.
package struct WebhookReceivers: Sendable {
    package var collection: Collection
    package var url: Int
    package var secret: Int
    /// Switches it off.
    package var active: Int?

    /// Nil where it lacks what an endpoint needs.
    package init?(_ collection: Collection) {
        guard let url = collection.field("url"), let secret = collection.field("secret"), collection.field("events") != nil else {
            return nil
        }
        self.collection = collection
        (self.url, self.secret) = (url.index, secret.index)
        active = collection.field("active").flatMap { $0.kind == .bool ? $0.index : nil }
    }
}

extension SchemaCompiler {
    /// What `webhook = "name"` in effects, and the events of `[webhooks]` themselves, come to.
    mutating func webhookCall(
        _ declared: WebhookDeclaration, of event: String, about collection: Collection?, at: Location, collections: [Collection]
    ) -> WebhookCall? {
        let paths = declared.fields.isEmpty ? [Located("id", at: declared.at)] : declared.fields
        let fields = collection.map { collection in paths.compactMap { webhookField($0, of: collection, collections: collections) } } ?? []
        var call = WebhookCall(webhook: declared.name, event: event, fields: fields, attempts: declared.attempts)
        guard case .each(let name) = declared.receiver else { return call }
        guard let target = collections.first(where: { $0.name == name.value }) else {
            unknown("collection", name, among: collections.map(\.name))
            return nil
        }
        guard let receivers = WebhookReceivers(target) else {
            let isPreset = name.value == "hooks" && configuration.tenancy != nil && configuration.tenancy?.hooks == nil
            report(
                "'\(name.value)' keeps no endpoints: they have the fields url, events and secret", name,
                suggestion: isPreset ? "write hooks = true in [tenancy], and the fields come with it" : nil)
            return nil
        }
        if declared.disableAfter != nil, receivers.active == nil {
            faults.append(
                Fault(
                    "'disable_after' switches off what has a bool field 'active', and '\(name.value)' has none", at: name.at,
                    length: name.value.unicodeScalars.count))
        }
        // What happens outside of any tenant would be told to all of them.
        if target.shape.tenant != nil, collection?.shape.tenant == nil {
            faults.append(
                Fault(
                    "'\(event)' happens in no tenant, and '\(name.value)' are kept by tenants", at: at,
                    length: event.unicodeScalars.count))
            return nil
        }
        let condition = "'\(event)' in events" + (receivers.active == nil ? "" : " and active")
        let source = Located("all.\(target.name) where \(condition)", at: name.at)
        let scope = Scope(hasOld: true, hasNew: true, event: collection?.name)
        call.receivers = located(source, in: scope) { compiler throws(ExpressionFault) in try compiler.rows(source.value, in: scope) }
        return call.receivers == nil ? nil : call
    }

    /// The collections that `[webhooks]` and the preset keep endpoints in.
    func endpoints(among collections: [Collection]) -> [String: WebhookReceivers] {
        let names = configuration.webhooks.compactMap { webhook in
            if case .each(let name) = webhook.receiver { name.value } else { nil }
        }
        let known = Set(names + (configuration.tenancy?.hooks == nil ? [] : ["hooks"]))
        return Dictionary(
            collections.filter { known.contains($0.name) }.compactMap { collection in
                WebhookReceivers(collection).map { (collection.name, $0) }
            }
        ) { first, _ in first }
    }

    private mutating func webhookField(
        _ path: Located<String>, of collection: Collection, collections: [Collection]
    ) -> WebhookField? {
        let names = path.value.split(separator: ".").map(String.init)
        var place = collection
        var hops: [(collection: String, field: Int)] = []
        for (index, name) in names.enumerated() {
            guard let field = place.field(name) else {
                if mentionsDoubtful(path.value) { return nil }
                faults.append(
                    Fault(
                        "'\(place.name)' has no field '\(name)'", at: path.at, length: path.value.unicodeScalars.count,
                        suggestion: NearestName.phrase(for: name, among: place.fields.map(\.name))))
                return nil
            }
            guard field.isAnswered else {
                faults.append(
                    Fault("'\(path.value)' never leaves the server", at: path.at, length: path.value.unicodeScalars.count))
                return nil
            }
            if index == names.count - 1 { return WebhookField(path: names, hops: hops, field: field) }
            guard case .reference(let target) = field.kind else {
                faults.append(
                    Fault("'\(name)' leads to no other record", at: path.at, length: path.value.unicodeScalars.count))
                return nil
            }
            // What is missing is told where it is referred to.
            guard let next = collections.first(where: { $0.name == target }) else { return nil }
            hops.append((target, field.index))
            place = next
        }
        return nil
    }
}
