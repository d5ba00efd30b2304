/// What a pattern says, as its parser read it.
indirect enum PatternTree {
    case scalar(Unicode.Scalar)
    case set(ScalarSet)
    case assertion(PatternAssertion)
    case sequence([PatternTree])
    case alternatives([PatternTree])
    /// At least `least` times, and at most `most` times if that is said.
    case repetition(PatternTree, least: Int, most: Int?)

    /// Whether it can match from the beginning of the text alone.
    var isAnchored: Bool {
        switch self {
        case .assertion(let assertion): assertion == .start
        case .sequence(let parts): parts.first?.isAnchored ?? false
        case .alternatives(let parts): parts.allSatisfy(\.isAnchored)
        case .repetition(let part, let least, _): least > 0 && part.isAnchored
        case .scalar, .set: false
        }
    }

    /// The instructions that match it.
    func program(limit: Int) throws(PatternError) -> [PatternInstruction] {
        var program: [PatternInstruction] = []
        try emit(into: &program, limit: limit)
        program.append(.match)
        return program
    }

    private func emit(into program: inout [PatternInstruction], limit: Int) throws(PatternError) {
        guard program.count < limit else { throw PatternError(reason: "the pattern is too large: repetitions multiply", offset: 0) }
        switch self {
        case .scalar(let scalar): program.append(.scalar(scalar))
        case .set(let set): program.append(.set(set))
        case .assertion(let assertion): program.append(.assert(assertion))
        case .sequence(let parts): for part in parts { try part.emit(into: &program, limit: limit) }
        case .alternatives(let parts):
            var ends: [Int] = []
            for part in parts.dropLast() {
                let split = program.count
                program.append(.split(split + 1, split + 1))
                try part.emit(into: &program, limit: limit)
                ends.append(program.count)
                program.append(.jump(0))
                program[split] = .split(split + 1, program.count)
            }
            try parts.last?.emit(into: &program, limit: limit)
            for end in ends { program[end] = .jump(program.count) }
        case .repetition(let part, let least, let most):
            for _ in 0..<least {
                let start = program.count
                try part.emit(into: &program, limit: limit)
                // Nothing, however often, is nothing.
                if program.count == start { break }
            }
            guard let most else {
                let split = program.count
                program.append(.split(split + 1, split + 1))
                try part.emit(into: &program, limit: limit)
                program.append(.jump(split))
                program[split] = .split(split + 1, program.count)
                return
            }
            var splits: [Int] = []
            for _ in least..<most {
                splits.append(program.count)
                program.append(.split(0, 0))
                try part.emit(into: &program, limit: limit)
            }
            for split in splits { program[split] = .split(split + 1, program.count) }
        }
    }
}

/// One step of a compiled pattern; what is no jump goes on with the next.
enum PatternInstruction: Sendable {
    case scalar(Unicode.Scalar)
    case set(ScalarSet)
    case assert(PatternAssertion)
    case split(Int, Int)
    case jump(Int)
    case match
}

/// A condition on a place between two scalars.
enum PatternAssertion: Sendable {
    case start, end, wordBoundary, noWordBoundary

    func holds(between previous: Unicode.Scalar?, _ next: Unicode.Scalar?) -> Bool {
        switch self {
        case .start: previous == nil
        case .end: next == nil
        case .wordBoundary: Self.isWord(previous) != Self.isWord(next)
        case .noWordBoundary: Self.isWord(previous) == Self.isWord(next)
        }
    }

    private static func isWord(_ scalar: Unicode.Scalar?) -> Bool { scalar.map(ScalarSet.word.contains) ?? false }
}
