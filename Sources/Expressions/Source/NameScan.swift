extension ExpressionCompiler {
    /// The identifiers that occur in a source outside of text literals: a superset of the names it depends on.
    package func names(in source: String) -> Set<String> {
        var names: Set<String> = []
        var current = ""
        var isQuoted = false
        for character in source + " " {
            if character == "'" { isQuoted.toggle() }
            if !isQuoted, character.isLetter || character == "_" || (character.isNumber && !current.isEmpty) {
                current.append(character)
            } else {
                if !current.isEmpty { names.insert(current) }
                current = ""
            }
        }
        return names
    }

    /// The first path of a source that goes on from that root, such as `me.status`: the name that follows, and where it stands as a whole.
    package func path(from root: String, in source: String) -> (name: String, range: Range<Int>)? {
        guard let tokens = try? Lexer.tokens(of: source) else { return nil }
        for (index, token) in tokens.enumerated().dropLast(2) where token.kind == .name(root) && tokens[index + 1].kind == .symbol(".") {
            if index > 0, tokens[index - 1].kind == .symbol(".") { continue }
            let next = tokens[index + 2]
            if case .name(let name) = next.kind { return (name, token.range.lowerBound..<next.range.upperBound) }
        }
        return nil
    }
}
