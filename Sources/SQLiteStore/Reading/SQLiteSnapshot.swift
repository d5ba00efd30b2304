import Expressions
import NIOCore
import Ports
import Schema

/// A snapshot on a thread of the reader pool.
final class SQLiteSnapshot: Snapshot {
    private let reader: RecordReader
    private var connection: Connection { reader.connection }

    /// Runs `body` within one read transaction.
    static func run<Result>(_ reader: RecordReader, _ body: (any Snapshot) throws -> Result) throws -> Result {
        try reader.connection.statement("BEGIN").run()
        defer {
            reader.connection.resetAll()
            try? reader.connection.execute("ROLLBACK")
        }
        reader.connection.startClock()
        return try body(SQLiteSnapshot(reader))
    }

    private init(_ reader: RecordReader) {
        self.reader = reader
    }

    func row(_ access: Access, key: RecordKey) throws -> Row? { try reader.rows.row(access, key: key) }

    func list(_ list: RecordList, into buffer: inout ByteBuffer) throws -> ListAnswer {
        guard let listed = try reader.list(list, into: &buffer, mayCount: true) else { throw StoreError.tooSlow }
        return ListAnswer(buffer: buffer, count: listed.count, total: listed.total, next: listed.next)
    }

    func groups(_ question: FigureQuestion) throws -> [FigureGroup] { try reader.groups(question) }

    func pages(_ question: PageQuestion) throws -> [PageEntry] { try reader.pages(question) }

    func job(_ id: String) throws -> JobStatus? { try JobView(connection: connection).job(id) }

    var formerSlugs: any FormerSlugs { SQLiteFormerSlugs(connection: connection) }
    var events: any EventLog { SQLiteEvents(connection) }

    // MARK: RowSource

    let dialect = SQLDialect.sqlite

    func row(in collection: String, id: String) throws -> Row? {
        guard let collection = reader.collections[collection] else { return nil }
        return try row(Access(collection, environment: Environment(), spansTenants: true), key: .id(id))
    }

    func value(of query: SQLQuery) throws -> Value { try connection.value(of: query) }
}

/// `_atlas_slugs`
struct SQLiteFormerSlugs: FormerSlugs {
    let connection: Connection

    static let statements = """
        CREATE TABLE IF NOT EXISTS "_atlas_slugs" (
            "collection" TEXT NOT NULL, "scope" TEXT NOT NULL, "slug" TEXT NOT NULL, "record" TEXT NOT NULL,
            PRIMARY KEY ("collection", "scope", "slug")) STRICT, WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS "_atlas_slugs_record" ON "_atlas_slugs" ("record");
        """

    func keep(_ slug: FormerSlug, of record: String) throws {
        try connection.run(
            #"INSERT OR REPLACE INTO "_atlas_slugs" VALUES (?, ?, ?, ?)"#, slug.collection, Self.scope(slug), slug.slug, record)
    }

    func record(_ slug: FormerSlug) throws -> String? {
        try connection.first(
            #"SELECT "record" FROM "_atlas_slugs" WHERE "collection" = ? AND "scope" = ? AND "slug" = ?"#, slug.collection,
            Self.scope(slug), slug.slug
        ) { $0.text(0) }
    }

    /// The record is gone for good.
    func forget(_ record: String) throws {
        try connection.run(#"DELETE FROM "_atlas_slugs" WHERE "record" = ?"#, record)
    }

    /// No value of a field holds this separator and another's beginning at once: ids, slugs and words of enums do not hold it.
    private static func scope(_ slug: FormerSlug) -> String { slug.scope.joined(separator: "\u{1F}") }
}
