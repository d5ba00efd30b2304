internal import Expressions
internal import NIOCore
package import Ports
internal import Schema

/// That a request may be a repeated one (`Idempotency-Key`, 03-expressions 14): the first answer is kept with its commit.
package struct Repetition: Sendable {
    /// Milliseconds for which an answer is kept.
    static let lifetime: Int64 = 86_400_000

    package var key: AnswerKey
    /// Of the body.
    package var digest: [UInt8]

    package init(key: AnswerKey, digest: [UInt8]) {
        self.key = key
        self.digest = digest
    }

    /// The first answer; nil when this is the first request. Throws `.repeatedDifferently` when the body is another one.
    func answer(_ transaction: any Transaction, for caller: Caller, in collection: String, into buffer: ByteBuffer) throws -> WrittenRecord?
    {
        guard let kept = try transaction.ledgers.answers.answer(key, after: caller.environment.now - Self.lifetime) else { return nil }
        guard kept.digest == digest else { throw RecordError.repeatedDifferently }
        var buffer = buffer
        buffer.writeBytes(kept.body)
        let row = Row(collection: collection, values: [.text(kept.id), .int(kept.version)])
        return WrittenRecord(row: row, answer: RecordAnswer(buffer: buffer, version: kept.version))
    }

    /// `start`: where the record begins in the buffer of the answer.
    func keep(_ written: WrittenRecord, from start: Int, _ transaction: any Transaction, for caller: Caller) throws {
        let buffer = written.answer.buffer
        let body = buffer.getBytes(at: start, length: buffer.writerIndex - start) ?? []
        let now = caller.environment.now
        try transaction.ledgers.answers.keep(
            KeptAnswer(digest: digest, id: written.row.id, version: written.answer.version, body: body), under: key, at: now,
            after: now - Self.lifetime)
    }
}
