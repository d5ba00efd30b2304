import CSQLite
import SQLiteFunctions

@testable import Expressions

/// A SQLite database in memory, as small as these tests need it.
final class Database {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private var handle: OpaquePointer?
    private var statements: [String: OpaquePointer] = [:]
    let model: Model

    /// With the tables of the model, empty.
    init(_ model: Model) throws {
        self.model = model
        guard sqlite3_open(":memory:", &handle) == SQLITE_OK, let handle else { throw Failure(description: "open") }
        guard ExpressionFunctions.register(on: handle) == SQLITE_OK else { throw failure("functions") }
        for statement in Storage(model: model, dialect: .sqlite).schema { try execute(statement) }
    }

    deinit {
        for statement in statements.values { sqlite3_finalize(statement) }
        sqlite3_close(handle)
    }

    func execute(_ sql: String) throws {
        guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else { throw failure(sql) }
    }

    private func failure(_ sql: String) -> Failure {
        Failure(description: "\(String(cString: sqlite3_errmsg(handle))): \(sql)")
    }

    func insert(_ row: Row) throws {
        for insertion in Storage(model: model, dialect: .sqlite).insertions(of: row) {
            _ = try rows(insertion.sql, insertion.values.map(\.value), [])
        }
    }

    /// The rows of a statement, its columns read as those types.
    func rows(_ sql: String, _ values: [Value], _ types: [ValueType]) throws -> [[Value]] {
        let statement: OpaquePointer
        if let known = statements[sql] {
            statement = known
        } else {
            var prepared: OpaquePointer?
            guard sqlite3_prepare_v2(handle, sql, -1, &prepared, nil) == SQLITE_OK, let prepared else { throw failure(sql) }
            statements[sql] = prepared
            statement = prepared
        }
        defer { sqlite3_reset(statement) }
        guard sqlite3_bind_parameter_count(statement) == Int32(values.count) else {
            throw Failure(description: "\(values.count) parameters: \(sql)")
        }
        for (index, value) in values.enumerated() { bind(statement, Int32(index + 1), value) }
        var result: [[Value]] = []
        while true {
            let code = sqlite3_step(statement)
            if code == SQLITE_DONE { return result }
            guard code == SQLITE_ROW else { throw failure(sql) }
            result.append(types.enumerated().map { column(statement, Int32($0), $1) })
        }
    }

    private func bind(_ statement: OpaquePointer, _ index: Int32, _ value: Value) {
        switch value {
        case .null: sqlite3_bind_null(statement, index)
        case .bool(let value): sqlite3_bind_int64(statement, index, value ? 1 : 0)
        case .int(let value), .moment(let value), .date(let value), .duration(let value): sqlite3_bind_int64(statement, index, value)
        case .float(let value): sqlite3_bind_double(statement, index, value)
        case .decimal(let value): sqlite3_bind_int64(statement, index, value.units)
        case .text(let value):
            sqlite3_bind_text(statement, index, value, -1, unsafeBitCast(-1, to: sqlite3_destructor_type.self))
        case .list: Issue.unbindable(value)
        }
    }

    private func column(_ statement: OpaquePointer, _ index: Int32, _ type: ValueType) -> Value {
        switch (type, sqlite3_column_type(statement, index)) {
        case (_, SQLITE_NULL): .null
        case (.bool, SQLITE_INTEGER): .bool(sqlite3_column_int64(statement, index) != 0)
        case (.int, SQLITE_INTEGER): .int(sqlite3_column_int64(statement, index))
        case (.moment, SQLITE_INTEGER): .moment(sqlite3_column_int64(statement, index))
        case (.date, SQLITE_INTEGER): .date(sqlite3_column_int64(statement, index))
        case (.duration, SQLITE_INTEGER): .duration(sqlite3_column_int64(statement, index))
        case (.float, SQLITE_FLOAT): .float(sqlite3_column_double(statement, index))
        case (.decimal(let scale), SQLITE_INTEGER):
            .decimal(Decimal(units: sqlite3_column_int64(statement, index), scale: scale))
        case (.text, SQLITE_TEXT), (.reference, SQLITE_TEXT), (.union, SQLITE_TEXT), (.json, SQLITE_TEXT):
            .text(String(cString: sqlite3_column_text(statement, index)))
        // A value of another kind than the expression's type is a fault: it equals nothing.
        default: .list([.text("storage class \(sqlite3_column_type(statement, index)) for \(type)")])
        }
    }

    /// What `EXPLAIN QUERY PLAN` says, one line per step.
    func plan(_ sql: String) throws -> String {
        try rows(
            "EXPLAIN QUERY PLAN \(sql)", Array(repeating: .null, count: sql.utf8.count { $0 == UInt8(ascii: "?") }),
            [.int, .int, .int, .text]
        )
        .map { if case .text(let text) = $0[3] { text } else { "" } }.joined(separator: "\n")
    }
}

/// The live rows of a test, in memory and in both databases.
final class Rows {
    let database: Database
    let postgresql: PostgreSQL?
    private(set) var stored: [String: [Row]] = [:]
    fileprivate var live: [String: [String: Row]] = [:]
    fileprivate(set) var questions = 0

    init(_ model: Model, inPostgreSQL: Bool = false) throws {
        database = try Database(model)
        postgresql = inPostgreSQL ? try PostgreSQL(model) : nil
    }

    func insert(_ row: Row) throws {
        try database.insert(row)
        try postgresql?.insert(row)
        stored[row.collection, default: []].append(row)
        if database.model.collections[row.collection]?.softDelete != true || row.values[Row.System.deletedAt].isNull {
            live[row.collection, default: [:]][row.id] = row
        }
    }

    /// What an expression is in SQL, of each row by its number, or of that one.
    func values(
        of expression: Expression, _ dialect: SQLDialect, _ collection: CollectionModel, _ environment: Environment, row: Int64? = nil
    ) throws -> [Int64: Value] {
        let fragment = expression.sql(dialect, alias: "t")
        let one = row.map { " WHERE \"t\".\"n\" = \($0)" } ?? ""
        let query: SQLFragment = "SELECT \"t\".\"n\", (\(fragment)) FROM \(name: collection.table) AS \"t\"\(SQLFragment(text: one))"
        let found = try self.rows(of: query, dialect, environment, [.int, expression.type])
        return Dictionary(uniqueKeysWithValues: found.map { ($0[0].whole ?? 0, $0[1]) })
    }

    /// The ids of the rows for which a condition holds in SQL.
    func ids(
        in collection: CollectionModel, where expression: Expression, _ environment: Environment, _ dialect: SQLDialect = .sqlite
    ) throws -> Set<String> {
        let condition = expression.sql(dialect, alias: "t")
        let query: SQLFragment = "SELECT \"t\".\"id\" FROM \(name: collection.table) AS \"t\" WHERE \(condition)"
        let found = try rows(of: query, dialect, environment, [.text])
        return Set(found.compactMap { if case .text(let id) = $0[0] { id } else { nil } })
    }

    private func rows(
        of query: SQLFragment, _ dialect: SQLDialect, _ environment: Environment, _ types: [ValueType]
    ) throws -> [[Value]] {
        let values = query.parameters.map { environment.value(of: $0) }
        return switch dialect {
        case .sqlite: try database.rows(query.text, values, types)
        case .postgresql: try postgresql?.rows(query.numbered.text, values, types) ?? []
        }
    }
}

extension Rows: RowSource {
    var dialect: SQLDialect { .sqlite }

    func row(in collection: String, id: String) throws -> Row? { live[collection]?[id] }

    func value(of query: SQLQuery) throws -> Value {
        questions += 1
        return try database.rows(query.text, query.values, [query.type]).first?.first ?? .null
    }
}

/// The same rows, with PostgreSQL asked for what is not in memory.
struct RowsOfPostgreSQL: RowSource {
    let rows: Rows

    var dialect: SQLDialect { .postgresql }

    func row(in collection: String, id: String) throws -> Row? { rows.live[collection]?[id] }

    func value(of query: SQLQuery) throws -> Value {
        try rows.postgresql?.rows(query.text, query.values, [query.type]).first?.first ?? .null
    }
}

private enum Issue {
    static func unbindable(_ value: Value) { assertionFailure("a list cannot be bound: \(value)") }
}
