internal import Expressions
internal import JSON
internal import NIOCore
internal import Ports
internal import Records
internal import Schema

/// What a listener is told of an event: the record as GET gives it to him, by the same path.
struct EventTelling: Sendable {
    let records: Records

    /// One line of JSON; nil where he hears nothing of it.
    func tell(_ event: NewEvent, to caller: Caller, on loop: any EventLoop) -> EventLoopFuture<ByteBuffer?> {
        let buffer = ByteBufferAllocator().buffer(capacity: 1_024)
        if event.record.collection == Realtime.jobs { return tellJob(event, to: caller, into: buffer, on: loop) }
        return records.tell(event, to: caller, into: buffer, on: loop).map { $0.map(Self.line) }
    }

    /// As `GET /jobs/{id}`, to its starter alone; a key with scopes does not reach that.
    private func tellJob(
        _ event: NewEvent, to caller: Caller, into buffer: ByteBuffer, on loop: any EventLoop
    ) -> EventLoopFuture<ByteBuffer?> {
        guard event.isMeant(for: caller), caller.key?.scopes == nil else { return loop.makeSucceededFuture(nil) }
        return records.job(event.record.id, for: caller, on: loop).map { job in
            guard let job else { return nil }
            var buffer = buffer
            event.open(&buffer)
            buffer.writeStaticString(#","record":"#)
            buffer.writeJSON(.object(JobRoutes.members(of: job)))
            buffer.writeStaticString("}")
            return Self.line(buffer)
        }
    }

    /// A line of a stream must not hold its end. JSON has such bytes between its parts alone.
    private static func line(_ buffer: ByteBuffer) -> ByteBuffer {
        guard buffer.readableBytesView.contains(where: { $0 == 0x0A || $0 == 0x0D }) else { return buffer }
        return ByteBuffer(bytes: buffer.readableBytesView.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 })
    }
}
