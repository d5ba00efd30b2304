/// Which known name a misspelt one was meant to be.
enum Spelling {
    /// The known name with the fewest edits (Levenshtein), if they are at most a third of its length.
    static func closest(to name: String, among known: [String]) -> String? {
        let ranked = known.map { ($0, distance(name, $0)) }.min { $0.1 < $1.1 }
        guard let (candidate, edits) = ranked, edits <= max(1, candidate.count / 3) else { return nil }
        return candidate
    }

    private static func distance(_ a: String, _ b: String) -> Int {
        let a = Array(a.unicodeScalars)
        let b = Array(b.unicodeScalars)
        var previous = Array(0...b.count)
        for (i, left) in a.enumerated() {
            var current = [i + 1]
            for (j, right) in b.enumerated() {
                current.append(min(previous[j + 1] + 1, current[j] + 1, previous[j] + (left == right ? 0 : 1)))
            }
            previous = current
        }
        return previous[b.count]
    }
}
