import SeededNumbers
import Testing

@testable import Expressions

/// Whatever is written, it is compiled or refused at a place inside the source; nothing traps.
@Suite struct ParserFuzzTests {
    private static let words = [
        "status", "total", "rate", "target", "items", "flags", "address", "city", "me", "member", "tenant", "this", "old", "new", "given",
        "all", "now", "out", "$", "'x'", "'", "12", "0.5", "7d", "null", "true", "and", "or", "not", "in", "where", "==", "!=", "<", ">=",
        "+",
        "-", "*", "/", "%", "(", ")", "[", "]", ",", ".", "..", "count", "exists", "sum", "if", "first", "round", "search", "concat",
        "orders",
        "9223372036854775807", "0.000000000000000001", "é", "\u{0}", "\"", "&&", "=",
    ]
    private static let scope = Scope(
        collection: "orders", hasOld: true, hasNew: true, given: "reviews", input: ["x": .int, "where": .union(["salons", "artists"])],
        names: ["app.url": .text], hasOut: true, isText: true, hasFilterValue: true, macros: ["staff": "member.role == 'x'"])

    /// Whether it compiled.
    private func compile(_ source: String, _ expectation: Expressions.Expectation) -> Bool {
        do {
            let expression = try ExpressionCompiler(model: Shop.model).compile(source, in: Self.scope, as: expectation)
            _ = Rule(expression)
            return true
        } catch {
            let count = source.unicodeScalars.count
            #expect(error.range.lowerBound >= 0 && error.range.upperBound <= count, "\(source): \(error)")
            return false
        }
    }

    private func text(_ scalars: [Unicode.Scalar]) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    @Test func arbitraryScalars() {
        var random = SeededGenerator(state: 11)
        for _ in 0..<6_000 {
            let scalars = (0..<random.below(24)).map { _ -> Unicode.Scalar in
                random.one(in: 3) ? Unicode.Scalar(UInt32(random.below(0x110000))) ?? "'" : Unicode.Scalar(UInt8(random.below(128)))
            }
            _ = compile(text(scalars), .condition)
        }
    }

    @Test func arbitraryWords() {
        var random = SeededGenerator(state: 12)
        var compiled = 0
        for _ in 0..<12_000 {
            let source = (0...random.below(14)).map { _ in random.pick(Self.words) }.joined(separator: random.one(in: 3) ? "" : " ")
            if compile(source, random.one(in: 2) ? .condition : .anything) { compiled += 1 }
        }
        #expect(compiled > 100)
    }

    /// Mutations of what is right: scalars dropped, doubled, replaced, parts of one put into another.
    @Test func mutatedSources() {
        var random = SeededGenerator(state: 13)
        let sources = ShopTests.orders.map { Array($0.0.unicodeScalars) } + FaultTests.cases.map { Array($0.source.unicodeScalars) }
        let replacements = Array("()[].,'$=<>+-*/% azAZ09_".unicodeScalars)
        var compiled = 0
        for _ in 0..<12_000 {
            var scalars = random.pick(sources)
            for _ in 0...random.below(3) where !scalars.isEmpty {
                let index = random.below(scalars.count)
                switch random.below(4) {
                case 0: scalars.remove(at: index)
                case 1: scalars.insert(scalars[index], at: index)
                case 2: scalars[index] = random.pick(replacements)
                default:
                    let other = random.pick(sources)
                    let start = random.below(other.count + 1)
                    scalars.insert(contentsOf: other[start..<start + random.below(other.count - start + 1)], at: index)
                }
            }
            if compile(text(scalars), .condition) { compiled += 1 }
        }
        #expect(compiled > 500)
    }

    /// In time linear in the length, whatever stands open.
    @Test func deepNesting() {
        let clock = ContinuousClock()
        let duration = clock.measure {
            for part in [
                "(", "[", "not ", "-", "if(", "count(all.orders where ", "this.", "total in ", "round(", "a.b(", "1 + ", "total / ",
                "target.reviews.",
                "first(all.reviews where target == ", "concat(total, ", "x or ", "'", "status == 'a' and ",
            ] {
                for count in [63, 64, 65, 500, 5_000] {
                    _ = compile(String(repeating: part, count: count), .condition)
                    _ = compile(String(repeating: part, count: count) + "total > 1" + String(repeating: ")", count: count), .condition)
                }
            }
        }
        #expect(duration < .seconds(20))
    }
}
