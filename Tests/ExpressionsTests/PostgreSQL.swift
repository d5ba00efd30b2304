import CPostgres
import Glibc

@testable import Expressions

/// A schema of its own in the tests' cluster, with the tables of a model, as small as these tests need it.
final class PostgreSQL {
    struct Failure: Error, CustomStringConvertible {
        var code: String
        var description: String

        /// A number that left its range (errcodes: numeric_value_out_of_range).
        var isOverflow: Bool { code == "22003" }
    }

    private let connection: OpaquePointer
    let model: Model

    init(_ model: Model) throws {
        self.model = model
        let directory = try PostgreSQLCluster.shared.get().directory
        guard let connection = PQconnectdb("host=\(directory) user=atlas dbname=postgres client_encoding=UTF8") else {
            throw Failure(code: "", description: "no memory")
        }
        self.connection = connection
        guard PQstatus(connection) == CONNECTION_OK else {
            throw Failure(code: "", description: String(cString: PQerrorMessage(connection)))
        }
        let name = try rows("SELECT 'm' || pg_backend_pid()", [], [.text]).first?.first ?? .null
        guard case .text(let schema) = name else { throw Failure(code: "", description: "no name") }
        let statements = ["SET client_min_messages = warning", "CREATE SCHEMA \(schema)", "SET search_path = \(schema)"]
        for statement in statements + PostgreSQLFunctions.installation + Storage(model: model, dialect: .postgresql).schema {
            try execute(statement)
        }
    }

    deinit { PQfinish(connection) }

    func execute(_ sql: String) throws {
        let result = PQexec(connection, sql)
        defer { PQclear(result) }
        guard PQresultStatus(result) == PGRES_COMMAND_OK else { throw failure(result, sql) }
    }

    private func failure(_ result: OpaquePointer?, _ sql: String) -> Failure {
        let code = atlas_pq_error_code(result).map { String(cString: $0) } ?? ""
        return Failure(code: code, description: "\(code) \(String(cString: PQresultErrorMessage(result))): \(sql)")
    }

    func insert(_ row: Row) throws {
        for insertion in Storage(model: model, dialect: .postgresql).insertions(of: row) {
            _ = try rows(SQLFragment(text: insertion.sql).numbered.text, insertion.values.map(\.value), [])
        }
    }

    /// The rows of a statement with the placeholders `$1…`, its columns read as those types.
    func rows(_ sql: String, _ values: [Value], _ types: [ValueType]) throws -> [[Value]] {
        var pointers = values.map { value in Self.text(of: value).map { UnsafePointer(strdup($0)) } ?? nil }
        defer { for pointer in pointers { free(UnsafeMutableRawPointer(mutating: pointer)) } }
        let result = PQexecParams(connection, sql, Int32(values.count), nil, &pointers, nil, nil, 0)
        defer { PQclear(result) }
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK: return []
        case PGRES_TUPLES_OK: break
        default: throw failure(result, sql)
        }
        return (0..<PQntuples(result)).map { row in
            types.enumerated().map { column, type in
                if PQgetisnull(result, row, Int32(column)) == 1 { return .null }
                return Self.value(of: String(cString: PQgetvalue(result, row, Int32(column))), as: type)
            }
        }
    }

    private static func text(of value: Value) -> String? {
        switch value {
        case .null: nil
        case .bool(let truth): truth ? "t" : "f"
        case .int(let number), .moment(let number), .date(let number), .duration(let number): String(number)
        case .float(let number): "\(number)"
        case .decimal(let number): String(number.units)
        case .text(let text): text
        case .list: "a list cannot be bound"
        }
    }

    private static func value(of text: String, as type: ValueType) -> Value {
        let fault = Value.list([.text("\(text) for \(type)")])
        switch type {
        case .bool: return text == "t" ? .bool(true) : text == "f" ? .bool(false) : fault
        case .float: return Double(text).map { .float($0) } ?? fault
        case .text, .reference, .union, .json, .null, .list: return .text(text)
        default: break
        }
        guard let number = Int64(text) else { return fault }
        return switch type {
        case .moment: .moment(number)
        case .date: .date(number)
        case .duration: .duration(number)
        case .decimal(let scale): .decimal(Decimal(units: number, scale: scale))
        default: .int(number)
        }
    }
}
