import NIOCore
import Ports
import Schema

/// The read connection of one event loop, opened by its first read. Every method is called on that loop, and so nothing is locked.
final class LoopReader: @unchecked Sendable {
    /// What a read may keep its loop (nanoseconds).
    static let patience: UInt64 = 2_000_000
    /// Rows that a list on a loop skips and writes at most.
    static let reach = 300

    // Touched on the loop alone; `close` comes after the last read.
    private var opened: RecordReader?
    private var isClosed = false
    private let open: @Sendable () throws -> RecordReader

    init(_ open: @escaping @Sendable () throws -> RecordReader) {
        self.open = open
    }

    private func reader() throws -> RecordReader {
        if let opened { return opened }
        guard !isClosed else { throw StoreError.unavailable("the store is closed") }
        let reader = try open()
        reader.connection.limit(nanoseconds: LoopReader.patience)
        opened = reader
        return reader
    }

    enum Outcome<Answer> {
        case answer(Answer)
        /// It takes longer than a loop may be kept.
        case tooLong
    }

    func read(_ read: RecordRead, into buffer: ByteBuffer) throws -> Outcome<RecordAnswer?> {
        let reader = try reader()
        var buffer = buffer
        do {
            guard let (version, id) = try reader.read(read, into: &buffer) else { return .answer(nil) }
            return .answer(RecordAnswer(buffer: buffer, version: version, id: id))
        } catch let error as SQLiteError where error.storeError == .tooSlow {
            return .tooLong
        }
    }

    func list(_ list: RecordList, into buffer: ByteBuffer) throws -> Outcome<ListAnswer> {
        let reader = try reader()
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

    /// Those of a file that was read again; a reader that is opened later has them.
    func replace(collections: [String: Collection]) {
        opened?.collections = collections
    }

    func close() {
        opened = nil
        isClosed = true
    }
}
