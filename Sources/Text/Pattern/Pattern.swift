/// Why a text is no pattern, and where: the scalars before the fault, from 0.
package struct PatternError: Error, Sendable, Equatable, CustomStringConvertible {
    package var reason: String
    package var offset: Int

    package var description: String { "\(reason) at character \(offset + 1)" }
}

/// A regular expression in the part of ECMA-262 (with its `u` flag) that linear time can match, as JSON Schema's `pattern` asks for it.
///
/// Literals, `.`, classes, `\d \w \s` and general categories (`\p{L}`), `^ $ \b \B`, groups, alternatives and counted repetition. What needs
/// backtracking (lookaround, references to groups) is refused when the pattern is made. Matching takes at most the text's length times `size` steps.
package struct Pattern: Sendable {
    /// Instructions of the largest pattern.
    package static let maximumSize = 2_000
    /// Of one `{n}`.
    package static let maximumCount = 1_000

    package let source: String
    private let isWhole: Bool
    private let program: [PatternInstruction]
    private let isAnchored: Bool

    /// With `whole`, as fields ask for it, the pattern stands for the text from end to end.
    package init(_ source: String, whole isWhole: Bool = false) throws(PatternError) {
        self.source = source
        self.isWhole = isWhole
        var parser = PatternParser(source)
        let parsed = try parser.parse()
        let tree = isWhole ? .sequence([.assertion(.start), parsed, .assertion(.end)]) : parsed
        program = try tree.program(limit: Self.maximumSize)
        isAnchored = tree.isAnchored
    }

    package var size: Int { program.count }

    /// Whether some part of the text (or the whole, if that was asked) is of this pattern; `^` and `$` stand for the ends of the text.
    package func matches(_ text: String) -> Bool {
        var run = PatternRun(program)
        var scalars = text.unicodeScalars.makeIterator()
        var next = scalars.next()
        var previous: Unicode.Scalar?
        run.begin(0, previous, next)
        while true {
            if run.hasMatched { return true }
            guard let scalar = next else { return false }
            if isAnchored, run.isEmpty { return false }
            previous = scalar
            next = scalars.next()
            run.step(over: scalar, next)
            if !isAnchored { run.begin(0, previous, next) }
        }
    }
}

extension Pattern: Hashable {
    package static func == (a: Pattern, b: Pattern) -> Bool {
        a.isWhole == b.isWhole && a.source.unicodeScalars.elementsEqual(b.source.unicodeScalars)
    }
    package func hash(into hasher: inout Hasher) { hasher.combine(source) }
}

/// All ways through a program at once (Thompson's simulation): no way is tried twice at one place of the text.
private struct PatternRun {
    private let program: [PatternInstruction]
    /// Instructions that wait for a scalar, at this place and at the next.
    private var current: [Int] = []
    private var coming: [Int] = []
    /// The place at which an instruction was last reached.
    private var reached: [Int]
    private var place = 0
    private var pending: [Int] = []
    private(set) var hasMatched = false

    init(_ program: [PatternInstruction]) {
        self.program = program
        reached = Array(repeating: -1, count: program.count)
    }

    var isEmpty: Bool { current.isEmpty }

    /// Follows a new way from an instruction on, between these scalars.
    mutating func begin(_ start: Int, _ previous: Unicode.Scalar?, _ next: Unicode.Scalar?) {
        pending.append(start)
        while let index = pending.popLast() {
            if reached[index] == place { continue }
            reached[index] = place
            switch program[index] {
            case .scalar, .set: current.append(index)
            case .jump(let target): pending.append(target)
            case .split(let first, let second):
                pending.append(second)
                pending.append(first)
            case .assert(let assertion): if assertion.holds(between: previous, next) { pending.append(index + 1) }
            case .match: hasMatched = true
            }
        }
    }

    mutating func step(over scalar: Unicode.Scalar, _ next: Unicode.Scalar?) {
        swap(&current, &coming)
        current.removeAll(keepingCapacity: true)
        place += 1
        for index in coming {
            let passes =
                switch program[index] {
                case .scalar(let expected): expected == scalar
                case .set(let set): set.contains(scalar)
                default: false
                }
            if passes { begin(index + 1, scalar, next) }
        }
    }
}
