import Testing

@testable import HTML

@Suite("Whatever is thrown at the sanitiser")
struct FuzzTests {
    /// One document: clean, and the same when sanitised again. False when it was refused.
    private func check(_ text: String) -> Bool {
        guard let once = try? HTMLSanitizer.sanitize(text) else { return false }
        let faults = Audit.faults(once)
        #expect(faults.isEmpty, "\(faults) in \(once.debugDescription) from \(text.debugDescription)")
        let twice = try? HTMLSanitizer.sanitize(once)
        #expect(
            twice.map { Array($0.utf8) == Array(once.utf8) } == true, "\(text.debugDescription)\nonce  \(once)\ntwice \(twice ?? "refused")"
        )
        // What a reader sees is what was kept.
        let words = HTMLText.plain(once)
        #expect(
            !words.hasPrefix(" ") && !words.hasSuffix(" ")
                && HTMLText.plain(words.replacing("&", with: "&amp;").replacing("<", with: "&lt;")) == words)
        return true
    }

    @Test("24000 documents: allowed markup only, well-formed, idempotent; more with ATLAS_FUZZ_SECONDS", arguments: 0..<4)
    func documents(part: UInt64) {
        var corpus = Corpus(seed: 100 + part)
        for round in 0..<6000 {
            #expect(check(round % 50 == 0 ? corpus.pile() : corpus.document()))
        }
        Corpus.unbounded(part) { #expect(check($0.document())) }
    }

    @Test("Every text of up to four bytes of markup")
    func short() {
        let letters = Array("<>/!-a=\"'& ?")
        for length in 1...4 {
            var digits = [Int](repeating: 0, count: length)
            while true {
                _ = check(String(digits.map { letters[$0] }))
                guard let index = digits.firstIndex(where: { $0 < letters.count - 1 }) else { break }
                for earlier in 0..<index { digits[earlier] = 0 }
                digits[index] += 1
            }
        }
    }

    @Test(
        "The balancer looks at a bounded number of elements for each tag",
        arguments: [
            "<div>", "<p>", "<b>", "<a>", "<li>", "<ul><li>", "<table>", "<table><td>", "</table>", "<table>x", "<td>", "</b>", "</div>",
            "<h1>", "<ruby><rt>",
            "<dd><div>", "<b></i>", "<div></span>", "<p></b>", "<table><tr></div>", "&amp", "&a", "<", "</", "</>", "<!--", "<!-->", "<a b",
            "<a b=", "'", "-",
            "<pre>\n", "<svg>", "</svg>", "<script>", "<script><!--<script", "<title>", "<title></titl", "&#", "&#1", "<a b c d e f>", "\0",
            "\r", "\u{85}",
        ])
    func work(piece: String) throws {
        // A hundred elements of each kind are in the way of what follows them.
        for prefix in [
            "", String(repeating: "<div>", count: 99), String(repeating: "<ul><li>", count: 50), String(repeating: "<b>", count: 99),
        ] {
            var sanitizing = Sanitizing(prefix + String(repeating: piece, count: 2000))
            let bytes = try sanitizing.run()
            #expect(sanitizing.balancer.looks <= 5 * (Balancer.maximumDepth + 1) * (2 * 2000 + 100))
            #expect(bytes.count <= 16 * (prefix.utf8.count + piece.utf8.count * 2000))
            #expect(Audit.faults(String(decoding: bytes, as: UTF8.self)).isEmpty)
        }
    }
}
