internal import Expressions
internal import JSON
package import NIOCore
package import Ports
internal import Schema

/// What a caller hears of an event: what lists show him of the record now, by the one read path; what is meant for him alone, if he may read it.
extension Records {
    /// Appends `{"collection","id","event","record"}`, of a record that is gone without `record`; nil where he hears nothing: of what he may
    /// not read now, or might not have read when it went. Fails only where the store does.
    package func tell(
        _ event: NewEvent, to caller: Caller, into buffer: ByteBuffer, on loop: any EventLoop
    ) -> EventLoopFuture<ByteBuffer?> {
        let nothing = loop.makeSucceededFuture(ByteBuffer?.none)
        guard let collection = schema.collection(event.record.collection), event.isMeant(for: caller) else { return nothing }
        if let tenant = event.tenant, tenant != caller.environment.tenant?.id { return nothing }
        var buffer = buffer
        event.open(&buffer)
        if let rest = event.rest {
            return mightRead(event.record.id, rest, of: collection, caller, on: loop).map { [buffer] might in
                guard might else { return nil }
                var buffer = buffer
                buffer.writeStaticString("}")
                return buffer
            }
        }
        buffer.writeStaticString(#","record":"#)
        return read(
            collection, .id(event.record.id), listed: event.audience == nil, for: caller, into: buffer, on: loop
        ).map { answer -> ByteBuffer? in
            var buffer = answer.buffer
            buffer.writeStaticString("}")
            return buffer
        }.flatMapErrorThrowing { error in
            // A number beyond its range fails each time anew: a stream that ended for it would come again to the same event.
            guard error is RecordError || error as? StoreError == .outOfRange else { throw error }
            return nil
        }
    }

    /// Whether the rules of reading and listing admitted him to the record that is gone, by what is still known of then. What has gone with it, or may have,
    /// admits nobody.
    private func mightRead(
        _ id: String, _ rest: String, of collection: Collection, _ caller: Caller, on loop: any EventLoop
    ) -> EventLoopFuture<Bool> {
        guard let access = try? access(to: collection, for: caller, listed: true) else { return loop.makeSucceededFuture(false) }
        guard !access.conditions.isEmpty else { return loop.makeSucceededFuture(true) }
        guard let row = Row(id: id, rest, of: collection) else { return loop.makeSucceededFuture(false) }
        return store.snapshot(on: loop) { snapshot in
            try access.conditions.allSatisfy { try $0.expression.surelyHeld(in: access.environment, over: row, rows: snapshot) }
        }
    }
}

extension NewEvent {
    /// Whether he is the one for whom it is, or it is for everybody.
    package func isMeant(for caller: Caller) -> Bool { audience == nil || audience == caller.environment.me?.id }

    /// Begins the object that is told of it.
    package func open(_ buffer: inout ByteBuffer) {
        buffer.writeStaticString(#"{"collection":"#)
        buffer.writeJSON(string: record.collection)
        buffer.writeStaticString(#","id":"#)
        buffer.writeJSON(string: record.id)
        buffer.writeStaticString(#","event":"#)
        buffer.writeJSON(string: name)
    }
}

extension Row {
    /// What a deletion has left of a row; nil where the file has changed since, so that it can no longer be read.
    fileprivate init?(id: String, _ rest: String, of collection: Collection) {
        guard case .object(let members)? = try? JSONParser.parse(rest) else { return nil }
        self.init(collection: collection.name, values: collection.fields.map { _ in .null })
        values[System.id] = .text(id)
        for member in members {
            guard let field = collection.field(member.name), let value = try? field.value(from: member.value, path: field.name) else {
                return nil
            }
            values[field.index] = value
        }
        guard
            collection.behaviour.usedInListing.allSatisfy({ index in
                index == System.id || members.contains { $0.name == collection.fields[index].name }
            })
        else {
            return nil
        }
    }
}
