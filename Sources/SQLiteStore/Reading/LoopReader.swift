import NIOCore
import Ports

/// The read connection of one event loop. Every method is called on that loop, and so nothing is locked.
final class LoopReader: @unchecked Sendable {
    /// What a read may keep its loop (nanoseconds).
    static let patience: UInt64 = 2_000_000
    /// Rows that a list on a loop skips and writes at most.
    static let reach = 300

    // Touched on the loop alone; `close` comes after the last read.
    private var reader: RecordReader?

    init(_ reader: sending RecordReader) {
        reader.connection.limit(nanoseconds: LoopReader.patience)
        self.reader = reader
    }

    enum Outcome<Answer> {
        case answer(Answer)
        /// It takes longer than a loop may be kept.
        case tooLong
    }

    func read(_ read: RecordRead, into buffer: ByteBuffer) throws -> Outcome<RecordAnswer?> {
        guard let reader else { throw StoreError.unavailable("the store is closed") }
        var buffer = buffer
        do {
            guard let (version, id) = try reader.read(read, into: &buffer) else { return .answer(nil) }
            return .answer(RecordAnswer(buffer: buffer, version: version, id: id))
        } catch let error as SQLiteError where error.storeError == .tooSlow {
            return .tooLong
        }
    }

    func list(_ list: RecordList, into buffer: ByteBuffer) throws -> Outcome<ListAnswer> {
        guard let reader else { throw StoreError.unavailable("the store is closed") }
        guard list.limit + list.offset <= LoopReader.reach else { return .tooLong }
        guard try !reader.isBanned(list) else { return .tooLong }
        var buffer = buffer
        do {
            guard let listed = try reader.list(list, into: &buffer, mayCount: false) else { return .tooLong }
            return .answer(ListAnswer(buffer: buffer, count: listed.count, total: listed.total, next: listed.next))
        } catch let error as SQLiteError where error.storeError == .tooSlow {
            try reader.ban(list)
            return .tooLong
        }
    }

    func close() { reader = nil }
}
