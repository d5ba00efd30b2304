/// Names that the operator chooses: they become tables, columns, URL segments and words of expressions.
enum Name {
    static let pattern = "[a-z][a-z0-9_]{0,59}"

    /// Words of the expression language and its roots: as a name they could never be reached.
    static let words: Set<String> = [
        "and", "or", "not", "in", "where", "true", "false", "null", "this", "old", "new", "me", "member", "tenant", "input", "request",
        "now", "given", "all",
    ]

    /// Every record has these already. `n` is the row's key in its table; the others are SQLite's names of it.
    static let systemFields: Set<String> = [
        "id", "version", "created_at", "updated_at", "deleted_at", "expanded", "n", "rowid", "oid",
    ]

    static func isWellFormed(_ name: String) -> Bool {
        let bytes = name.utf8
        guard let first = bytes.first, bytes.count <= 60, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first) else { return false }
        return bytes.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || byte == UInt8(ascii: "_")
        }
    }

    /// - Parameter isWord: whether expressions use the name as a bare word.
    static func check(_ member: TOMLMember, _ what: String, isWord: Bool, _ reading: Reading) {
        if !isWellFormed(member.name) {
            let usual = member.name.lowercased().map { $0 == "-" || $0 == " " ? "_" : $0 }
            reading.report(
                "'\(member.name)' cannot be the name of a \(what)", key: member,
                suggestion: isWellFormed(String(usual))
                    ? "did you mean '\(String(usual))'?" : "names are a-z, 0-9 and _, begin with a letter and have at most 60 letters")
        } else if member.name.hasPrefix("sqlite_") {
            reading.report("names that begin with 'sqlite_' belong to the database", key: member, suggestion: "choose another name")
        } else if isWord, words.contains(member.name) {
            reading.report(
                "'\(member.name)' is a word of the expression language", key: member, suggestion: "choose another name for this \(what)")
        }
    }
}
