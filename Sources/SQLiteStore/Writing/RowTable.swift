import Expressions
import JSON
import Ports
import Schema

/// Rows as values, read and written on one connection. The statements are kept from one transaction to the next.
final class RowTable {
    private let connection: Connection
    private var selects = BoundedCache<PlanKey, RecordPlan>(capacity: 128)
    private var shapes: [ObjectIdentifier: Shape] = [:]
    /// By table; nil where nothing is searched.
    private var keepers: [String: SearchTable.Keeper?] = [:]

    /// Where the values of a row are stored; looked up once, since copying a `Field` is dear.
    private final class Shape {
        /// Kept alive, so that its address is never used twice.
        let collection: Collection
        /// The fields with columns, in their order, and how many of them each has.
        let columns: [(index: Int, type: ValueType, isPair: Bool)]
        /// The to-many fields.
        let members: [(index: Int, table: String)]
        /// The fields that hold references inside their values.
        let mentioning: [Field]
        var insertion: Statement?

        init(_ collection: Collection) {
            self.collection = collection
            columns = collection.fields.compactMap { $0.columns.isEmpty ? nil : ($0.index, $0.model.type, $0.columns.count == 2) }
            mentioning = collection.fields.filter(\.holdsPartReferences)
            members = collection.fields.compactMap {
                if case .members(let table) = $0.model.storage { ($0.index, table) } else { nil }
            }
        }
    }

    private func shape(_ collection: Collection) -> Shape {
        if let shape = shapes[ObjectIdentifier(collection)] { return shape }
        let shape = Shape(collection)
        shapes[ObjectIdentifier(collection)] = shape
        return shape
    }

    init(_ connection: Connection) {
        self.connection = connection
    }

    /// After a migration the indexes of words may be others.
    func forgetSearch() { keepers = [:] }

    private func keeper(_ collection: Collection) throws -> SearchTable.Keeper? {
        if let known = keepers[collection.model.table] { return known }
        let keeper = try SearchTable.Keeper(collection, on: connection)
        keepers[collection.model.table] = .some(keeper)
        return keeper
    }

    // MARK: Reading

    func row(_ access: Access, key: RecordKey) throws -> Row? {
        let plan = try select(access, key: key)
        plan.bind(access.environment, key: key.values(in: access.collection))
        let statement = plan.statement
        defer { statement.reset() }
        guard try statement.step() else { return nil }
        let collection = access.collection
        let shape = shape(collection)
        var row = Row(
            collection: collection.name, number: statement.integer(0),
            values: [Value](repeating: .null, count: collection.fields.count))
        for (column, field) in shape.columns.enumerated() {
            row.values[field.index] = RowTable.value(statement, column + 1, as: field.type)
        }
        for field in shape.members {
            let members = try members(of: row.id, in: field.table)
            row.values[field.index] = .list(members.map { .text($0.target) })
            if members.contains(where: { $0.payload != nil }) { row.payloads[field.index] = members.map(\.payload) }
        }
        return row
    }

    private func select(_ access: Access, key: RecordKey) throws -> RecordPlan {
        let planKey = PlanKey(access, key: key, projection: PlanKey.nothing)
        if let plan = selects[planKey] { return plan }
        let columns = access.collection.fields.filter { !$0.columns.isEmpty }.map { Selection.value(of: $0.model.storage) }
        var sql = SQLText("SELECT \(([Selection.column("n")] + columns).joined(separator: ", "))")
        sql.append(Selection.rows(access))
        Selection.restrict(&sql, to: key, in: access.collection)
        let plan = try RecordPlan(sql, encoder: nil, on: connection)
        selects[planKey] = plan
        return plan
    }

    private func members(of id: String, in table: String) throws -> [(target: String, payload: String?)] {
        try connection.all(
            "SELECT \"target\", \"payload\" FROM \(SQLText.quoted(table)) WHERE \"record\" = ? ORDER BY \"position\"", id
        ) { ($0.text(0), $0.optionalText(1)) }
    }

    /// A column as a value of that type; NULL is null.
    static func value(_ statement: Statement, _ column: Int, as type: ValueType) -> Value {
        if statement.isNull(column) { return .null }
        return switch type {
        case .null: .null
        case .bool: .bool(statement.integer(column) != 0)
        case .int: .int(statement.integer(column))
        case .float: .float(statement.double(column))
        case .decimal(let scale): .decimal(Decimal(units: statement.integer(column), scale: scale))
        case .text, .reference, .union, .json: .text(statement.text(column))
        case .moment: .moment(statement.integer(column))
        case .date: .date(statement.integer(column))
        case .duration: .duration(statement.integer(column))
        case .list: list(statement.text(column))
        }
    }

    /// A column that holds a JSON array of strings.
    private static func list(_ text: String) -> Value {
        let items = (try? JSONParser.parse(text))?.array ?? []
        return .list(items.compactMap { $0.string.map { .text($0) } })
    }

    func referrers(to id: String, in collection: Collection, by field: Field, limit: Int) throws -> [String] {
        let table = SQLText.quoted(collection.model.table)
        let sql: String
        switch field.model.storage {
        case .column where field.holdsPartReferences:
            sql = "SELECT \"id\" FROM \(table) WHERE \"id\" IN (\(Mentions.records(field)) = ?) ORDER BY \"n\" LIMIT ?"
        case .column(let column):
            sql = "SELECT \"id\" FROM \(table) WHERE \(SQLText.quoted(column)) = ? ORDER BY \"n\" LIMIT ?"
        case .pair(_, let column):
            sql = "SELECT \"id\" FROM \(table) WHERE \(SQLText.quoted(column)) = ? ORDER BY \"n\" LIMIT ?"
        case .member, .list: return []
        case .members(let members):
            sql =
                "SELECT \"id\" FROM \(table) WHERE \"id\" IN (SELECT \"record\" FROM \(SQLText.quoted(members))"
                + " WHERE \"target\" = ?) ORDER BY \"n\" LIMIT ?"
        }
        return try connection.all(sql, id, Int64(limit)) { $0.text(0) }
    }

    // MARK: Writing

    func insert(_ row: Row, into collection: Collection) throws -> Int64 {
        let shape = shape(collection)
        let statement = try insertion(shape)
        var parameter = 1
        for field in shape.columns { bind(RowTable.stored(row, field.index), isPair: field.isPair, to: statement, &parameter) }
        try naming(collection) { try statement.run() }
        let number = connection.lastInsertedRow
        for field in shape.members { try insertMembers(of: row, field.index, field.table) }
        for field in shape.mentioning { try Mentions(connection: connection).write(row, field, in: collection) }
        try keeper(collection)?.keep(row, of: collection, isNew: true, on: connection)
        return number
    }

    private func insertion(_ shape: Shape) throws -> Statement {
        if let known = shape.insertion { return known }
        let columns = shape.collection.fields.flatMap { $0.columns.map(SQLText.quoted) }
        let statement = try connection.prepare(
            "INSERT INTO \(SQLText.quoted(shape.collection.model.table)) (\(columns.joined(separator: ", ")))"
                + " VALUES (\(columns.map { _ in "?" }.joined(separator: ", ")))", persistent: true)
        shape.insertion = statement
        return statement
    }

    /// A value in its columns; of a reference to several collections one holds the collection, the other the id.
    private func bind(_ value: Value, isPair: Bool, to statement: Statement, _ parameter: inout Int) {
        guard isPair else {
            statement.bind(value, at: parameter)
            parameter += 1
            return
        }
        let reference = UnionReference(value)
        statement.bind(reference?.collection, at: parameter)
        statement.bind(reference?.id, at: parameter + 1)
        parameter += 2
    }

    func update(_ row: Row, in collection: Collection, changed: [Int]) throws {
        let fields = changed.map { collection.fields[$0] }
        let columns = fields.flatMap(\.columns)
        if !columns.isEmpty {
            let settings = columns.map { "\(SQLText.quoted($0)) = ?" }.joined(separator: ", ")
            let statement = try connection.statement(
                "UPDATE \(SQLText.quoted(collection.model.table)) SET \(settings) WHERE \"id\" = ?")
            var parameter = 1
            for field in fields where !field.columns.isEmpty {
                bind(RowTable.stored(row, field.index), isPair: field.columns.count == 2, to: statement, &parameter)
            }
            statement.bind(row.id, at: parameter)
            try naming(collection) { try statement.run() }
            guard connection.changes == 1 else { throw RowTable.missing(row) }
        }
        for field in fields {
            guard case .members(let table) = field.model.storage else { continue }
            try removeMembers(of: row, table)
            try insertMembers(of: row, field.index, table)
        }
        for field in shape(collection).mentioning where changed.contains(field.index) {
            try Mentions(connection: connection).write(row, field, in: collection)
        }
        if let keeper = try keeper(collection),
            fields.contains(where: { $0.index == Row.System.deletedAt || keeper.fields.contains($0.name) })
        {
            try keeper.keep(row, of: collection, isNew: false, on: connection)
        }
    }

    func remove(_ row: Row, from collection: Collection) throws {
        for field in shape(collection).members { try removeMembers(of: row, field.table) }
        if !shape(collection).mentioning.isEmpty { try Mentions(connection: connection).remove(row, from: collection) }
        try keeper(collection)?.remove(row, of: collection, on: connection)
        if !collection.keptSlugs.isEmpty { try SQLiteFormerSlugs(connection: connection).forget(row.id) }
        try connection.run("DELETE FROM \(SQLText.quoted(collection.model.table)) WHERE \"id\" = ?", row.id)
        guard connection.changes == 1 else { throw RowTable.missing(row) }
    }

    /// Whoever writes has read the row in the same transaction; so this is a fault of the program.
    private static func missing(_ row: Row) -> StoreError {
        .unavailable("\(row.collection) \(row.id) was written without being there")
    }

    private static func stored(_ row: Row, _ index: Int) -> Value {
        row.values.indices.contains(index) ? row.values[index] : .null
    }

    private func insertMembers(of row: Row, _ index: Int, _ table: String) throws {
        guard case .list(let targets) = RowTable.stored(row, index) else { return }
        let statement = try connection.statement(
            #"INSERT INTO \#(SQLText.quoted(table)) ("record", "position", "target", "payload") VALUES (?, ?, ?, ?)"#)
        let payloads = row.payloads[index] ?? []
        for (position, target) in targets.enumerated() {
            statement.bind(row.id, at: 1)
            statement.bind(Int64(position), at: 2)
            statement.bind(target, at: 3)
            statement.bind(payloads.indices.contains(position) ? payloads[position] : nil, at: 4)
            try statement.run()
        }
    }

    private func removeMembers(of row: Row, _ table: String) throws {
        try connection.run("DELETE FROM \(SQLText.quoted(table)) WHERE \"record\" = ?", row.id)
    }

    /// A violated unique key by the names of its fields.
    private func naming(_ collection: Collection, _ write: () throws -> Void) throws {
        do {
            try write()
        } catch let error as SQLiteError where error.isUniqueViolation {
            let columns = error.violatedColumns
            throw StoreError.conflict(fields: columns.map { name in collection.fields.first { $0.columns.contains(name) }?.name ?? name })
        } catch let error as SQLiteError {
            throw error.storeError
        }
    }
}
