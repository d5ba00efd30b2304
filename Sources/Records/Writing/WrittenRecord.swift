package import Expressions
internal import JSON
package import NIOCore
package import Ports
package import Schema

/// What a write has made, and the answer to it.
package struct WrittenRecord: Sendable {
    /// Id and version alone where the answer is that of an earlier request.
    package var row: Row
    package var answer: RecordAnswer
}

extension Records {
    /// Like `write`, answering with the record that `body` returns, in the form that this caller sees. His own write is shown to him even
    /// where it took the record out of his sight. With `isNew` he also sees what is revealed once. A repeated request gets the first answer
    /// again, and `body` is not run.
    package func writeAndRead(
        _ collection: Collection, for caller: Caller, isNew: Bool = false, into buffer: ByteBuffer, on loop: any EventLoop,
        _ body: @escaping @Sendable (RecordWriter) throws -> Row
    ) -> EventLoopFuture<WrittenRecord> {
        write(for: caller, on: loop) { [self] writer, transaction in
            if let first = try caller.repetition?.answer(transaction, for: caller, in: collection.name, into: buffer) { return first }
            let row = try body(writer)
            let start = buffer.writerIndex
            var buffer = buffer
            let answer = try self.answer(row, of: collection, isNew: isNew, to: writer.caller, transaction, into: &buffer)
            let written = WrittenRecord(row: row, answer: answer)
            try caller.repetition?.keep(written, from: start, transaction, for: caller)
            return written
        }.map { [self] written in
            guard isNew, collection.keepsSecrets else { return written }
            var written = written
            written.answer.buffer = revealing(written.answer.buffer)
            return written
        }
    }

    /// The first answer where this is a repeated request: for what would leave something behind before `writeAndRead` is asked.
    package func firstAnswer(
        in collection: Collection, for caller: Caller, into buffer: ByteBuffer, on loop: any EventLoop
    ) -> EventLoopFuture<WrittenRecord?> {
        guard let repetition = caller.repetition else { return loop.makeSucceededFuture(nil) }
        return write(for: caller, on: loop) { _, transaction in
            try repetition.answer(transaction, for: caller, in: collection.name, into: buffer)
        }
    }

    /// Appends `{"id": …}` of the job that a write has started; a repeated request gets that of the first.
    package func writeAndStart(
        _ collection: Collection, for caller: Caller, into buffer: ByteBuffer, on loop: any EventLoop,
        _ body: @escaping @Sendable (RecordWriter) throws -> (row: Row, job: String?)
    ) -> EventLoopFuture<ByteBuffer> {
        write(for: caller, on: loop) { writer, transaction in
            if let first = try caller.repetition?.answer(transaction, for: caller, in: collection.name, into: buffer) {
                return first.answer.buffer
            }
            let (row, job) = try body(writer)
            var buffer = buffer
            let start = buffer.writerIndex
            buffer.writeJSON(["id": job.map { .string($0) } ?? .null])
            let written = WrittenRecord(row: row, answer: RecordAnswer(buffer: buffer, version: row.version))
            try caller.repetition?.keep(written, from: start, transaction, for: caller)
            return buffer
        }
    }

    /// Appends a row that was just written, as its writer sees it.
    package func answer(
        _ row: Row, of collection: Collection, isNew: Bool = false, to caller: Caller, _ transaction: any Transaction,
        into buffer: inout ByteBuffer
    ) throws -> RecordAnswer {
        let read = RecordRead(
            access: Access(collection, life: .any, environment: caller.environment, spansTenants: caller.isSystem), key: .id(row.id),
            projection: projections.standard(collection, for: caller, isNew: isNew))
        guard let answer = try transaction.read(read, into: &buffer) else { throw RecordError.notFound }
        return answer
    }
}
