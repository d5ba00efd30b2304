/// Finds what somebody meant to write.
package enum NearestName {
    /// The known name closest to the written one, when it is close enough to be a slip of the hand: at most a third of its letters, whatever their case.
    package static func of(_ written: String, among known: some Sequence<String>) -> String? {
        // A longer one is no slip, and the comparison stays cheap.
        guard written.utf8.count <= 80 else { return nil }
        let letters = Array(written.lowercased().utf8)
        var best: (name: String, distance: Int)?
        for name in known {
            let distance = distance(letters, Array(name.lowercased().utf8))
            let limit = max(1, max(letters.count, name.utf8.count) / 3)
            if distance <= limit, distance < best?.distance ?? .max { best = (name, distance) }
        }
        return best?.name
    }

    /// The same as a question to whoever wrote it.
    package static func phrase(for written: String, among known: some Sequence<String>) -> String? {
        of(written, among: known).map { "did you mean '\($0)'?" }
    }

    /// Edits (insert, delete, replace, swap two neighbours) that turn one word into the other: optimal string alignment.
    private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...b.count)
        for i in 0..<a.count {
            var row = [i + 1]
            for j in 0..<b.count {
                var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
                row.append(cost)
            }
            beforeLast = last
            last = row
        }
        return last[b.count]
    }
}
