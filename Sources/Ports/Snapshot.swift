package import Expressions
package import NIOCore

/// Where rows are found one at a time, in a transaction or in one state of a store.
package protocol RowFinding: RowSource {
    /// The whole row, or nil when none of that key passes `access`.
    func row(_ access: Access, key: RecordKey) throws -> Row?
}

/// One state of a store, of which several questions can be asked. Used on one thread, only during its body; ends after two seconds with
/// `StoreError.tooSlow` like every read. As a `RowSource` it sees live rows.
package protocol Snapshot: AnyObject, RowFinding {
    /// Appends the records as `Store.list` does.
    func list(_ list: RecordList, into buffer: inout ByteBuffer) throws -> ListAnswer

    func groups(_ question: FigureQuestion) throws -> [FigureGroup]

    func pages(_ question: PageQuestion) throws -> [PageEntry]

    func job(_ id: String) throws -> JobStatus?

    var formerSlugs: any FormerSlugs { get }
    var events: any EventLog { get }
}
