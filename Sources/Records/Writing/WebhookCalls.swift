internal import Expressions
internal import JSON
package import Ports
internal import Schema

/// What webhooks tell: rendered with the values of the moment, and enqueued in the commit of its cause.
extension RecordWriter {
    package static let deliveryJob = "webhook.deliver"
    private static let deliveryQueue = "webhooks"

    /// A delivery to each that wants to know.
    func deliver(_ call: WebhookCall, in scope: Environment) throws {
        let body: JSONValue = [
            "type": .string(call.event), "timestamp": .string(Timestamp.text(environment.now)),
            "data": try data(call.fields, of: scope.new),
        ]
        var delivery = Delivery(id: "", webhook: call.webhook, event: call.event, body: body.text, createdAt: environment.now)
        delivery.tenant = tenant(of: scope.new)
        let endpoints: [String?] = try call.receivers.map { try $0.references(in: scope, rows: transaction).map(\.id) } ?? [nil]
        for endpoint in endpoints.prefix(RowSelection.most) {
            delivery.id = newID()
            delivery.endpoint = endpoint
            try transaction.ledgers.deliveries.append(delivery)
            try enqueue(delivery, attempts: call.attempts)
        }
    }

    /// Sends a delivery again, whatever became of it; nil when there is none.
    package func redeliver(_ id: String, attempts: Int) throws -> Delivery? {
        guard var delivery = try transaction.ledgers.deliveries.delivery(id) else { return nil }
        if delivery.status == .pending { return delivery }
        (delivery.status, delivery.error, delivery.attempts) = (.pending, nil, 0)
        delivery.askedAt = environment.now
        try transaction.ledgers.deliveries.update(delivery)
        try enqueue(delivery, attempts: attempts)
        return delivery
    }

    /// An address of this machine or its neighbours is refused where it is written down; what a name leads to shows when it is dialled.
    func checkEndpoint(_ row: Row, in collection: Collection) throws {
        guard let endpoint = schema.endpoints[collection.name], case .text(let url) = row.values[endpoint.url], !admitsAddress(url) else {
            return
        }
        let name = collection.fields[endpoint.url].name
        throw RecordError.invalid([FieldFault(path: name, code: "address", message: "must be a public address")])
    }

    private func enqueue(_ delivery: Delivery, attempts: Int) throws {
        let payload: JSONValue = ["delivery": .string(delivery.id)]
        _ = try enqueue(
            NewJob(
                kind: Self.deliveryJob, queue: Self.deliveryQueue, payload: Array(payload.text.utf8),
                uniqueKey: "\(Self.deliveryJob):\(delivery.id)", maxAttempts: attempts, requestID: caller.requestID))
    }

    private func tenant(of row: Row?) -> String? {
        guard let row, let field = schema.collection(row.collection)?.shape.anyTenant, case .text(let id) = row.values[field] else {
            return nil
        }
        return id
    }

    /// The fields and no other, nested as their paths are; null where a reference leads nowhere.
    private func data(_ fields: [WebhookField], of row: Row?) throws -> JSONValue {
        var data: JSONValue = .object([])
        for field in fields {
            var place = row
            for hop in field.hops {
                guard case .text(let id)? = place?.values[hop.field] else {
                    place = nil
                    break
                }
                place = try transaction.row(in: hop.collection, id: id)
            }
            data = data.setting(place.map { field.field.json($0.values[field.field.index]) } ?? .null, at: field.path[...])
        }
        return data
    }
}

extension JSONValue {
    /// The same with a value at that path of members.
    fileprivate func setting(_ value: JSONValue, at path: ArraySlice<String>) -> JSONValue {
        guard let name = path.first else { return value }
        var members: [JSONMember] = if case .object(let members) = self { members } else { [] }
        if let index = members.firstIndex(where: { $0.name == name }) {
            members[index].value = members[index].value.setting(value, at: path.dropFirst())
        } else {
            members.append(JSONMember(name: name, value: JSONValue.object([]).setting(value, at: path.dropFirst())))
        }
        return .object(members)
    }
}
