import CSQLite
import Expressions
import NIOCore
import Ports
import Schema

/// Reads records on one connection, with its prepared statements. Used by one thread at a time.
///
/// An answer that needs several statements is one snapshot: the first keeps its read transaction open until it is reset.
final class RecordReader {
    let connection: Connection
    /// All collections, by name; a reload replaces them.
    var collections: [String: Collection]
    private let totals: Totals
    let out = JSONBytes()
    private var plans = BoundedCache<PlanKey, RecordPlan>(capacity: 128)

    /// Rows as values, for who asks several questions.
    private(set) lazy var rows = RowTable(connection)

    init(connection: Connection, collections: [String: Collection], totals: Totals) {
        self.connection = connection
        self.collections = collections
        self.totals = totals
    }

    // MARK: One record

    /// Appends the record; nil when it does not pass. Gives its id where reads are counted.
    func read(_ read: RecordRead, into buffer: inout ByteBuffer) throws -> (version: Int64, id: String?)? {
        let plan = try plan(read.access, key: read.key, projection: read.projection)
        let environment = read.access.environment
        plan.bind(environment, key: read.key.values(in: read.access.collection))
        connection.startClock()
        defer { plan.statement.reset() }
        guard let encoder = plan.encoder, try plan.statement.step() else { return nil }
        out.clear()
        try encoder.encode(plan.statement.handle, environment, into: out)
        buffer.writeBytes(out.bytes)
        let id = read.access.collection.counters.isEmpty ? nil : plan.statement.text(Int(encoder.width))
        return (sqlite3_column_int64(plan.statement.handle, 0), id)
    }

    private func plan(_ access: Access, key: RecordKey, projection: Projection) throws -> RecordPlan {
        let planKey = PlanKey(access, key: key, projection: projection)
        if let plan = plans[planKey] { return plan }
        let encoder = try RecordEncoder(projection, of: access.collection, reader: self)
        var sql = RecordReader.select(encoder)
        if !access.collection.counters.isEmpty { sql.append(", \(Selection.column("id"))") }
        sql.append(Selection.rows(access))
        Selection.restrict(&sql, to: key, in: access.collection)
        let plan = try RecordPlan(sql, encoder: encoder, on: connection)
        plans[planKey] = plan
        return plan
    }

    /// The statement for live targets of a reference, by id.
    func plan(to target: Collection, conditions: [Condition], projection: Projection, spansTenants: Bool = false) throws -> RecordPlan {
        let access = Access(target, conditions: conditions, environment: Environment(), spansTenants: spansTenants)
        return try plan(access, key: .id(""), projection: projection)
    }

    /// The statement for live records whose reference `field` holds an id, as a sub-read; its own, never shared, so that it may nest.
    func childPlan(
        _ access: Access, by field: Field, order: [RecordList.Order], limit: Int, projection: Projection, tree: Field? = nil
    ) throws -> RecordPlan {
        let encoder = try RecordEncoder(projection, of: access.collection, reader: self)
        var sql = RecordReader.select(encoder)
        if let tree { sql.append(TreeRows.columns(tree)) }
        sql.append(Selection.rows(access))
        sql.append(" AND \(Selection.column(field.columns.last ?? "id")) = ")
        sql.append(.key)
        Selection.order(&sql, by: order)
        sql.append(" LIMIT \(limit)")
        return try RecordPlan(sql, encoder: encoder, on: connection)
    }

    private static func select(_ encoder: RecordEncoder) -> SQLText {
        var sql = SQLText("SELECT \(Selection.column("version"))")
        sql.append(encoder.columns)
        return sql
    }

    // MARK: Lists

    /// Appends a JSON array of the page. Nil when the total must be counted and that is not to be done here.
    func list(_ list: RecordList, into buffer: inout ByteBuffer, mayCount: Bool) throws -> Listed? {
        if let search = list.search, SearchTable.query(search, in: list.access.collection) == nil {
            // A question without a word finds nothing.
            buffer.writeStaticString("[]")
            return Listed(count: 0, total: list.counts ? 0 : nil)
        }
        connection.startClock()
        if let tree = list.tree {
            let page = try self.tree(list, by: tree)
            buffer.writeBytes(page.bytes.bytes)
            return Listed(count: page.count, total: list.counts ? page.total : nil)
        }
        guard list.counts else { return try page(list, into: &buffer) }
        let commit = totals.commit
        // Page and total are one snapshot, which an idle statement holds open.
        let snapshot = try connection.statement("SELECT 1 FROM sqlite_schema")
        defer { snapshot.reset() }
        _ = try snapshot.step()
        var listed = try page(list, into: &buffer)
        // A page that is not full tells the total itself.
        if listed.count < list.limit, list.after == nil, listed.count > 0 || list.offset == 0 {
            listed.total = list.offset + listed.count
            return listed
        }
        let counting = try countingPlan(list)
        let key = Totals.Key(plan: counting.key, values: counting.plan.values(for: list))
        if let total = totals.total(key, since: commit) {
            listed.total = total
            return listed
        }
        guard mayCount else { return nil }
        counting.plan.bind(key.values)
        defer { counting.plan.statement.reset() }
        _ = try counting.plan.statement.step()
        let total = Int(counting.plan.statement.integer(0))
        totals.keep(total, for: key, since: commit)
        listed.total = total
        return listed
    }

    /// What is known of a list that was written.
    struct Listed {
        var count: Int
        var total: Int?
        var next: RecordList.Position?
    }

    private func page(_ list: RecordList, into buffer: inout ByteBuffer) throws -> Listed {
        let plan = try listingPlan(list)
        plan.bind(plan.values(for: list))
        defer { plan.statement.reset() }
        out.clear()
        out.append(UInt8(ascii: "["))
        var listed = Listed(count: 0)
        var last: RecordList.Position?
        while let encoder = plan.encoder, try plan.statement.step() {
            if list.walks, listed.count == list.limit {
                listed.next = last
                break
            }
            if listed.count > 0 { out.append(UInt8(ascii: ",")) }
            try encoder.encode(plan.statement.handle, list.access.environment, into: out)
            listed.count += 1
            if list.walks, listed.count == list.limit { last = position(plan, in: list) }
        }
        out.append(UInt8(ascii: "]"))
        buffer.writeBytes(out.bytes)
        return listed
    }

    /// Where the current row stands; its columns are the last of the statement.
    private func position(_ plan: RecordPlan, in list: RecordList) -> RecordList.Position {
        let fields = Selection.positionFields(of: list.order)
        let first = plan.statement.columnCount - fields.count - 1
        return RecordList.Position(
            values: fields.enumerated().map { RowTable.value(plan.statement, first + $0, as: $1.model.type) },
            id: plan.statement.text(first + fields.count))
    }

    /// Whether a list of this form was too slow for an event loop lately; asked once per list.
    func isBanned(_ list: RecordList) throws -> Bool {
        let plan = try listingPlan(list)
        guard plan.banned > 0 else { return false }
        plan.banned -= 1
        return true
    }

    /// Sends the next lists of this form to the pool at once.
    func ban(_ list: RecordList) throws { try listingPlan(list).banned = 64 }

    func listingPlan(_ list: RecordList) throws -> RecordPlan {
        let key = PlanKey(list, purpose: .list)
        if let plan = plans[key] { return plan }
        let encoder = try RecordEncoder(list.projection, of: list.access.collection, reader: self)
        var sql = RecordReader.select(encoder)
        if let tree = list.tree { sql.append(TreeRows.columns(tree)) }
        if list.walks {
            for field in Selection.positionFields(of: list.order) { sql.append(", \(Selection.column(field.column ?? "id"))") }
            sql.append(", \(Selection.column("id"))")
        }
        sql.append(Selection.rows(list.access, isSearched: list.search != nil))
        Selection.restrict(&sql, to: list.filters)
        if let after = list.after { Selection.restrict(&sql, to: after, in: list.order) }
        Selection.order(&sql, of: list)
        if list.tree != nil {
            sql.append(" LIMIT \(TreeRows.limit)")
        } else {
            sql.append(" LIMIT ")
            sql.append(.limit)
            sql.append(" OFFSET ")
            sql.append(.offset)
        }
        let plan = try RecordPlan(sql, encoder: encoder, on: connection)
        plans[key] = plan
        return plan
    }

    private func countingPlan(_ list: RecordList) throws -> (plan: RecordPlan, key: PlanKey) {
        let key = PlanKey(list, purpose: .count)
        if let plan = plans[key] { return (plan, key) }
        var sql = SQLText("SELECT count(*)")
        sql.append(Selection.rows(list.access, isSearched: list.search != nil))
        Selection.restrict(&sql, to: list.filters)
        let plan = try RecordPlan(sql, encoder: nil, on: connection)
        plans[key] = plan
        return (plan, key)
    }
}
