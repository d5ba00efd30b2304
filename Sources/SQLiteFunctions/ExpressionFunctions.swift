import CSQLite
import Expressions

/// Gives a connection the functions that compiled expressions call (`StoreFunction`, `StoreAggregate`). The store and the tests of expressions know it:
/// what is held to PostgreSQL and the evaluator is what serves.
package enum ExpressionFunctions {
    private static let flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS

    /// SQLITE_OK, or what SQLite says of the first that it does not take.
    package static func register(on handle: OpaquePointer) -> Int32 {
        for (index, function) in StoreFunction.allCases.enumerated() {
            let status = sqlite3_create_function_v2(
                handle, function.name, Int32(function.argumentCount), flags, UnsafeMutableRawPointer(bitPattern: index + 1),
                { context, count, values in
                    let arguments = ExpressionFunctions.arguments(count, values)
                    let function = StoreFunction.allCases[Int(bitPattern: sqlite3_user_data(context)) - 1]
                    ExpressionFunctions.answer(context) { try function(arguments) }
                }, nil, nil, nil)
            guard status == SQLITE_OK else { return status }
        }
        for (index, aggregate) in StoreAggregate.allCases.enumerated() {
            let status = sqlite3_create_function_v2(
                handle, aggregate.name, Int32(aggregate.argumentCount), flags, UnsafeMutableRawPointer(bitPattern: index + 1), nil,
                { context, count, values in
                    // SQLite gives zeroed memory the first time, aligned for less than 128 bits.
                    let size = Int32(MemoryLayout<StoreAggregate.State>.size)
                    guard let memory = sqlite3_aggregate_context(context, size) else { return sqlite3_result_error_nomem(context) }
                    let aggregate = StoreAggregate.allCases[Int(bitPattern: sqlite3_user_data(context)) - 1]
                    var state = memory.loadUnaligned(as: StoreAggregate.State.self)
                    aggregate.add(ExpressionFunctions.arguments(count, values), to: &state)
                    memory.storeBytes(of: state, as: StoreAggregate.State.self)
                },
                { context in
                    let memory = sqlite3_aggregate_context(context, 0)
                    let aggregate = StoreAggregate.allCases[Int(bitPattern: sqlite3_user_data(context)) - 1]
                    let state = memory?.loadUnaligned(as: StoreAggregate.State.self) ?? StoreAggregate.State()
                    ExpressionFunctions.answer(context) { try aggregate.result(of: state) }
                }, nil)
            guard status == SQLITE_OK else { return status }
        }
        return SQLITE_OK
    }

    private static func arguments(_ count: Int32, _ values: UnsafeMutablePointer<OpaquePointer?>?) -> [Value] {
        guard let values else { return [] }
        return (0..<Int(count)).map { index in
            let value = values[index]
            return switch sqlite3_value_type(value) {
            case SQLITE_INTEGER: .int(sqlite3_value_int64(value))
            case SQLITE_FLOAT: .float(sqlite3_value_double(value))
            case SQLITE_TEXT: sqlite3_value_text(value).map { .text(String(cString: $0)) } ?? .null
            default: .null
            }
        }
    }

    /// "integer overflow" is also what SQLite's own functions say.
    private static func answer(_ context: OpaquePointer?, _ result: () throws -> Value) {
        do {
            switch try result() {
            case .int(let number): sqlite3_result_int64(context, number)
            case .float(let number): sqlite3_result_double(context, number)
            case .text(let text): sqlite3_result_text(context, text, -1, atlas_sqlite_transient())
            default: sqlite3_result_null(context)
            }
        } catch {
            sqlite3_result_error(context, "integer overflow", -1)
        }
    }
}
