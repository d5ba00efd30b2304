internal import Expressions
internal import JSON
internal import Ports
internal import Schema

/// What streams are to be told of, noted in the commit of its cause (04-api, `GET /events`).
extension RecordWriter {
    /// One event for each thing that happened to each record. What is computed of other records is nobody's change, as in the audit.
    func announce() throws {
        guard let realtime = schema.realtime else { return }
        var told: Set<NewEvent.Key> = []
        for change in changes {
            guard let collection = schema.collection(change.row.collection) else { continue }
            var event: NewEvent?
            if realtime.tells(of: collection.name) { event = try self.event(of: change, in: collection, realtime) }
            event = event ?? self.processing(change, in: collection)
            guard let event, told.insert(event.key).inserted else { continue }
            try transaction.ledgers.events.append(event)
        }
    }

    private func event(of change: RecordChange, in collection: Collection, _ realtime: Realtime) throws -> NewEvent? {
        if change.kind == .updated, change.event == nil, change.old.map({ $0.version == change.row.version }) ?? true { return nil }
        var event = self.event(change.event ?? change.kind.rawValue, of: change.row, in: collection)
        guard change.kind == .deleted else { return event }
        let last = change.old ?? change.row
        // What was hidden goes for good: its deletion was told when it was hidden.
        guard last.values[Row.System.deletedAt].isNull else { return nil }
        event.rest =
            JSONValue.object(
                realtime.remains(of: collection.name).map { JSONMember(name: $0.name, value: last.json($0)) }
            ).text
        return event
    }

    /// An upload has been processed: its uploader hears of it wherever streams are (11-precisions 48).
    private func processing(_ change: RecordChange, in collection: Collection) -> NewEvent? {
        guard collection.name == schema.media.name, change.kind == .updated, let status = collection.field("status"),
            change.old.map({ $0.values[status.index] == .text("PENDING") && change.row.values[status.index] != .text("PENDING") }) ?? false,
            case .text(let uploader) = change.row.value("uploader", in: collection)
        else { return nil }
        var event = self.event(RecordChange.Kind.updated.rawValue, of: change.row, in: collection)
        event.audience = uploader
        return event
    }

    private func event(_ name: String, of row: Row, in collection: Collection) -> NewEvent {
        var event = NewEvent(record: JobRecord(collection: collection.name, id: row.id), name: name, at: environment.now)
        if let tenant = collection.shape.anyTenant, case .text(let id) = row.values[tenant] { event.tenant = id }
        return event
    }
}

extension NewEvent {
    /// What is told once for each commit.
    fileprivate struct Key: Hashable {
        var record: JobRecord
        var name: String
    }

    fileprivate var key: Key { Key(record: record, name: name) }
}
