import Testing

@testable import Expressions

/// The evaluator and SQLite must agree on every row, and a split rule with the whole one.
@Suite struct DifferentialTests {
    static let models: UInt64 = 12
    static let expressionsPerModel = 120

    @Test(arguments: 1...models) func evaluatorAgreesWithSQLite(_ seed: UInt64) throws {
        var generator = Generator(seed: seed)
        let rows = try generator.rows(perCollection: 6)
        let compiler = ExpressionCompiler(model: generator.model)
        var compiled = 0
        var refused: [String] = []
        for number in 0..<Self.expressionsPerModel {
            let name = generator.random.pick(Generator.names)
            let collection = try #require(generator.model.collections[name])
            let place = Generator.Place(bare: name, outermost: name)
            let isCondition = number % 3 != 0
            let type = generator.random.pick([ValueType.int, .float, .text, .bool, .moment, .duration])
            let source = isCondition ? generator.condition(place, 3) : generator.value(type, place, 3)
            let scope = Scope(collection: name, input: Generator.input)
            let expression: Expression
            do {
                expression = try compiler.compile(source, in: scope, as: isCondition ? .condition : .value(type))
            } catch {
                refused.append("\(error.message): \(source)")
                continue
            }
            compiled += 1
            for environment in environments(&generator, rows) {
                try compare(expression, collection, rows, environment)
                if isCondition { try compareRule(expression, collection, rows, environment) }
            }
        }
        // Literals outside the values of an enumeration and great depth are rightly refused; more would empty this test.
        #expect(compiled > Self.expressionsPerModel * 8 / 10, "\(refused.prefix(5).joined(separator: "\n"))")
    }

    private func environments(_ generator: inout Generator, _ rows: Rows) -> [Environment] {
        let users = rows.stored["users"] ?? []
        let input: [String: Value] = [
            "n": .int(Int64(generator.random.below(4))), "s": generator.random.one(in: 3) ? .null : .text("a"), "who": .text("users1"),
            "many": .list([.text("a"), .text("it's"), .text("\"\\\u{1}é")]),
        ]
        let request = RequestFacts(ip: "::1", method: "GET", userAgent: "test")
        return [nil, generator.random.pick(users)].map {
            Environment(me: $0, now: Int64(generator.random.below(3)) * 86_400_000, request: request, input: input)
        }
    }

    private func evaluated(_ expression: Expression, _ row: Row, _ rows: Rows, _ environment: Environment) throws -> Value? {
        do {
            return try expression.evaluate(in: environment, row: row, rows: rows)
        } catch EvaluationError.overflow {
            return nil
        } catch let failure as Database.Failure where failure.description.hasPrefix("integer overflow") {
            return nil
        }
    }

    private func compare(_ expression: Expression, _ collection: CollectionModel, _ rows: Rows, _ environment: Environment) throws {
        let fragment = expression.sql(.sqlite, alias: "t")
        let values = fragment.parameters.map { environment.value(of: $0) }
        var isTrue: Set<String> = []
        var overflows = false
        for row in rows.stored[collection.name] ?? [] {
            let expected = try evaluated(expression, row, rows, environment)
            let found: Value?
            do {
                let sql = "SELECT (\(fragment.text)) FROM \"\(collection.table)\" AS \"t\" WHERE \"t\".\"n\" = ?"
                found = try rows.database.rows(sql, values + [.int(row.number)], [expression.type]).first?.first
            } catch let failure as Database.Failure where failure.description.hasPrefix("integer overflow") {
                found = nil
            }
            guard let expected, let found else {
                // Which side of an `and` fails first is nobody's promise.
                overflows = true
                continue
            }
            if expected == .bool(true) { isTrue.insert(row.id) }
            let isEqual =
                expected == found || (expression.type == .bool && expected == .bool(false) && found.isNull && expression.isCondition)
            #expect(isEqual, "\(expression.source)\nof \(row.id): evaluated \(expected), SQL \(found)\n\(fragment.text)\n\(values)")
            if !isEqual { return }
        }
        if overflows || !expression.isCondition { return }
        let found = try rows.ids(in: collection, where: expression, environment)
        #expect(found == isTrue, "\(expression.source)\n\(fragment.text)\n\(values)")
    }

    private func compareRule(_ expression: Expression, _ collection: CollectionModel, _ rows: Rows, _ environment: Environment) throws {
        let rule = Rule(expression)
        #expect(Set(rule.residuals.map(\.node)).count == rule.residuals.count)
        let outcome = rule.outcome(for: environment)
        if rule.isNeverForAnonymous, environment.me == nil { #expect(outcome == .never) }
        for row in rows.stored[collection.name] ?? [] {
            guard let whole = try evaluated(expression, row, rows, environment) else { return }
            switch outcome {
            case .always: #expect(whole == .bool(true), "always: \(expression.source)")
            case .never: #expect(whole == .bool(false), "never: \(expression.source)")
            case .residual(let index):
                guard let rest = try evaluated(rule.residuals[index], row, rows, environment) else { return }
                #expect(whole == rest, "residual: \(expression.source)")
            }
        }
        if case .residual(let index) = outcome { try compare(rule.residuals[index], collection, rows, environment) }
    }
}
