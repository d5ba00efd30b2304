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
}
