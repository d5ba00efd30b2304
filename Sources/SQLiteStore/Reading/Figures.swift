import Expressions
import Ports
import Schema

/// Aggregates over rows, grouped.
extension RecordReader {
    func groups(_ question: FigureQuestion) throws -> [FigureGroup] {
        var sql = SQLText("SELECT ")
        for key in question.keys {
            sql.append("(")
            sql.append(key.expression.sql(.sqlite, alias: Selection.alias))
            sql.append("), ")
        }
        let column = question.field?.column.map(Selection.column) ?? "1"
        let numbers =
            switch question.aggregate {
            case .count: "count(*), 0"
            case .sum: "coalesce(sum(\(column)), 0), 0"
            case .avg: "sum(\(column)), count(\(column))"
            case .min: "min(\(column)), 0"
            case .max: "max(\(column)), 0"
            }
        sql.append(numbers)
        sql.append(Selection.rows(question.access))
        if question.createdBefore != nil {
            sql.append(" AND \(Selection.column("created_at")) < ")
            sql.append(.key)
        }
        if !question.keys.isEmpty {
            let places = (1...question.keys.count).map(String.init).joined(separator: ", ")
            sql.append(" GROUP BY \(places) LIMIT \(FigureQuestion.mostGroups)")
        }
        let statement = try connection.statement(sql.text)
        defer { statement.reset() }
        let environment = question.access.environment
        for (index, slot) in sql.slots.enumerated() {
            switch slot {
            case .environment(let parameter): statement.bind(environment.value(of: parameter), at: index + 1)
            case .tenant: statement.bind(environment.tenant?.id, at: index + 1)
            case .key: statement.bind(question.createdBefore, at: index + 1)
            default: statement.bindNull(at: index + 1)
            }
        }
        var groups: [FigureGroup] = []
        while try statement.step() {
            let keys = question.keys.enumerated().map { RowTable.value(statement, $0, as: $1.expression.type) }
            groups.append(FigureGroup(keys: keys, value: RecordReader.value(of: question, statement)))
        }
        return groups
    }

    private static func value(of question: FigureQuestion, _ statement: Statement) -> Value {
        let column = question.keys.count
        let type = question.field?.model.type ?? .int
        if statement.isNull(column) { return .null }
        guard question.aggregate == .avg else {
            return RowTable.value(statement, column, as: question.aggregate == .count ? .int : type)
        }
        let count = statement.integer(column + 1)
        guard count > 0 else { return .null }
        switch type {
        case .decimal(let scale):
            // Half away from zero, as everywhere.
            let sum = statement.integer(column)
            let (quotient, rest) = sum.quotientAndRemainder(dividingBy: count)
            let isHalf = rest.magnitude >= count.magnitude - rest.magnitude
            return .decimal(Decimal(units: quotient + (isHalf ? sum.signum() : 0), scale: scale))
        case .duration: return .duration(statement.integer(column) / count)
        default: return .float(statement.double(column) / Double(count))
        }
    }
}
