import Glibc
import SeededNumbers
import Testing

@testable import Expressions

/// The evaluator, SQLite and PostgreSQL must agree on every row, errors included, and a split rule with the whole one.
///
/// One seed is one random model with its rows. `ATLAS_FUZZ_SECONDS` goes on with further seeds for as long.
@Suite struct DifferentialTests {
    static let models: UInt64 = 16
    static let expressionsPerModel = 150

    @Test(arguments: 1...models) func allAgree(_ seed: UInt64) throws {
        let run = try DifferentialRun(seed: seed)
        try run.run(Self.expressionsPerModel)
        // Literals outside the values of an enumeration and great depth are rightly refused; more would empty this test.
        #expect(run.compiled > Self.expressionsPerModel * 8 / 10, "\(run.refused.prefix(5).joined(separator: "\n"))")
        #expect(run.cases > 20_000 / Int(Self.models), "\(run.cases) cases")
    }

    @Test func furtherSeedsAgree() throws {
        guard let text = getenv("ATLAS_FUZZ_SECONDS"), let seconds = Int(String(cString: text)) else { return }
        let end = ContinuousClock.now + .seconds(seconds)
        var seed = UInt64(Self.models)
        var cases = 0
        while ContinuousClock.now < end {
            seed += 1
            let run = try DifferentialRun(seed: seed)
            try run.run(Self.expressionsPerModel)
            cases += run.cases
        }
        print("\(cases) cases of \(seed - UInt64(Self.models)) further seeds")
    }
}

/// What one of the three answers for one row.
private enum Answer: Equatable {
    case value(Value)
    case overflow
}

final class DifferentialRun {
    private var generator: Generator
    private let rows: Rows
    private let seed: UInt64
    private(set) var compiled = 0
    private(set) var refused: [String] = []
    /// Expressions over a row in an environment.
    private(set) var cases = 0

    init(seed: UInt64) throws {
        self.seed = seed
        generator = Generator(seed: seed)
        rows = try Rows(generator.model, inPostgreSQL: true)
        try generator.rows(perCollection: 6, into: rows)
    }

    func run(_ count: Int) throws {
        let compiler = ExpressionCompiler(model: generator.model)
        for number in 0..<count {
            let name = generator.random.pick(Generator.names)
            let collection = try #require(generator.model.collections[name])
            let place = Generator.Place(bare: name, outermost: name)
            let isCondition = number % 3 != 0
            let type = generator.random.pick([
                ValueType.int, .float, .text, .bool, .moment, .duration, .decimal(scale: 2), .decimal(scale: 4),
            ])
            let source = isCondition ? generator.condition(place, 3) : generator.value(type, place, 3)
            let scope = Scope(collection: name, hasOld: true, hasNew: true, given: "gamma", input: Generator.input)
            let expression: Expression
            do {
                expression = try compiler.compile(source, in: scope, as: isCondition ? .condition : .value(type))
            } catch {
                refused.append("\(error.message): \(source)")
                continue
            }
            compiled += 1
            for environment in environments() {
                try compare(expression, collection, environment)
                if isCondition { try compareRule(expression, collection, environment) }
            }
        }
    }

    private func environments() -> [Environment] {
        func one(_ collection: String) -> Row? { generator.random.pick([nil] + (rows.stored[collection] ?? []).map { $0 }) }
        let input: [String: Value] = [
            "n": .int(Int64(generator.random.below(4))), "s": generator.random.one(in: 3) ? .null : .text("a"), "who": .text("users1"),
            "many": .list([.text("a"), .text("it's"), .text("\"\\\u{1}é")]), "p": .decimal(Decimal(units: 125, scale: 2)),
            "f": .float(generator.random.pick([0.5, 1e300, -2])), "ns": .list([.int(1), .int(.max)]),
        ]
        let request = RequestFacts(ip: "::1", method: "GET", userAgent: "test")
        return [nil, generator.random.pick(rows.stored["users"] ?? [])].map { me in
            Environment(
                me: me, member: me == nil ? nil : one("beta"), tenant: one("alpha"), given: one("gamma"),
                now: Int64(generator.random.below(3)) * 86_400_000, request: request, input: input)
        }
    }

    // MARK: Answers

    private func answer(_ body: () throws -> Value) throws -> Answer {
        do {
            return .value(try body())
        } catch EvaluationError.overflow {
            return .overflow
        } catch let failure as Database.Failure where failure.description.hasPrefix("integer overflow") {
            return .overflow
        } catch let failure as PostgreSQL.Failure where failure.isOverflow {
            return .overflow
        }
    }

    private func evaluated(_ expression: Expression, _ row: Row, _ source: any RowSource, _ environment: Environment) throws -> Answer {
        var environment = environment
        environment.old = rows.stored[row.collection]?.first
        return try answer { try expression.evaluate(in: environment, row: row, rows: source) }
    }

    /// All rows in one statement; row by row where one fails.
    private func asked(
        _ expression: Expression, _ dialect: SQLDialect, _ collection: CollectionModel, _ environment: Environment
    ) throws -> [Int64: Answer] {
        var environment = environment
        let stored = rows.stored[collection.name] ?? []
        environment.old = stored.first
        let all = try answer {
            let values = try rows.values(of: expression, dialect, collection, environment)
            return .list(stored.map { values[$0.number] ?? .list([]) })
        }
        if case .value(.list(let values)) = all {
            return Dictionary(uniqueKeysWithValues: zip(stored.map(\.number), values.map(Answer.value)))
        }
        var answers: [Int64: Answer] = [:]
        for row in stored {
            answers[row.number] = try answer {
                try rows.values(of: expression, dialect, collection, environment, row: row.number)[row.number] ?? .list([])
            }
        }
        return answers
    }

    // MARK: Comparison

    private func compare(_ expression: Expression, _ collection: CollectionModel, _ environment: Environment) throws {
        func report(_ what: String, _ row: Row) -> Comment {
            "seed \(seed), \(generator.model.timezone), \(collection.name)\n\(expression.source)\nof \(row.id): \(what)\n\(expression.sql(.sqlite, alias: "t").text)\n\(expression.sql(.postgresql, alias: "t").text)"
        }
        let sqlite = try asked(expression, .sqlite, collection, environment)
        let postgresql = try asked(expression, .postgresql, collection, environment)
        var isTrue: Set<String> = []
        var isPartial = false
        for row in rows.stored[collection.name] ?? [] {
            cases += 1
            let expected = try evaluated(expression, row, rows, environment)
            let again = try evaluated(expression, row, RowsOfPostgreSQL(rows: rows), environment)
            let answers = [("SQLite", sqlite[row.number]), ("PostgreSQL", postgresql[row.number]), ("evaluated over PostgreSQL", again)]
            for (name, answer) in answers {
                guard let answer else { throw Failure(description: "no answer of \(name)") }
                if answer == .overflow || expected == .overflow {
                    isPartial = true
                    // Whether a part fails that the result does not need is nobody's promise.
                    if answer == expected || !expression.node.needsAllParts { continue }
                    if try hasNull(expression.node, row, environment) { continue }
                }
                let isFalse =
                    expression.isCondition && expected == .value(.bool(false))
                    && (answer == .value(.null) || answer == .value(.bool(false)))
                let isEqual = answer == expected || isFalse
                #expect(isEqual, report("evaluated \(expected), \(name) \(answer)", row))
                if !isEqual { return }
            }
            if expected == .value(.bool(true)) { isTrue.insert(row.id) }
        }
        if isPartial || !expression.isCondition { return }
        var environment = environment
        environment.old = rows.stored[collection.name]?.first
        for dialect in [SQLDialect.sqlite, .postgresql] {
            let found = try rows.ids(in: collection, where: expression, environment, dialect)
            #expect(found == isTrue, "seed \(seed): \(expression.source)\n\(expression.sql(dialect, alias: "t").text)")
        }
    }

    private struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// An operator with a null side need not ask its other side.
    private func hasNull(_ node: Node, _ row: Row, _ environment: Environment) throws -> Bool {
        var environment = environment
        environment.old = rows.stored[row.collection]?.first
        return node.contains { node in
            (try? Evaluator(environment: environment, row: row, rows: rows).value(node.prepared))?.isNull ?? false
        }
    }

    private func compareRule(_ expression: Expression, _ collection: CollectionModel, _ environment: Environment) throws {
        let rule = Rule(expression)
        #expect(Set(rule.residuals.map(\.node)).count == rule.residuals.count)
        let outcome = rule.outcome(for: environment)
        if rule.isNeverForAnonymous, environment.me == nil { #expect(outcome == .never) }
        for row in rows.stored[collection.name] ?? [] {
            let whole = try evaluated(expression, row, rows, environment)
            if whole == .overflow { return }
            switch outcome {
            case .always: #expect(whole == .value(.bool(true)), "always: \(expression.source)")
            case .never: #expect(whole == .value(.bool(false)), "never: \(expression.source)")
            case .residual(let index):
                let rest = try evaluated(rule.residuals[index], row, rows, environment)
                if rest == .overflow { return }
                #expect(whole == rest, "residual: \(expression.source)")
            }
        }
        if case .residual(let index) = outcome { try compare(rule.residuals[index], collection, environment) }
    }
}

extension Node {
    /// Whether nothing below it may be left out or taken in another order.
    fileprivate var needsAllParts: Bool {
        !contains { node in
            switch node {
            case .and, .or, .call(.if, _), .call(.coalesce, _), .aggregate, .contains, .overlap, .between: true
            default: false
            }
        }
    }
}
