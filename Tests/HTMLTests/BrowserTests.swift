import Testing

@testable import HTML

@Suite("A browser is the judge")
struct BrowserTests {
    /// What Chromium finds wrong with each of `documents`, and the requests that left for all of them.
    private func judge(_ documents: [String], together batch: Int = 1) throws -> (faults: [String], leaks: String) {
        let answers = try Tool.ask("chromium", documents, String(batch))
        try #require(answers.count == documents.count + 1)
        return (Array(answers.dropLast()), answers[documents.count])
    }

    private func acquits(_ texts: [String], together batch: Int = 1) throws {
        let documents = try texts.map { try HTMLSanitizer.sanitize($0) }
        let (faults, leaks) = try judge(documents, together: batch)
        for (index, fault) in faults.enumerated() where !fault.isEmpty {
            Issue.record("\(fault)\nsanitised \(documents[index].debugDescription)\nfrom \(texts[index].debugDescription)")
        }
        #expect(leaks.isEmpty)
    }

    @Test("Of known ways to run a script or to load something, none does; the tree is what was written")
    func vectors() throws {
        var corpus = Corpus(seed: 6)
        // Each alone, and where something else is open already.
        let around = ["<p><b>", "<table>", "<table><td>", "<ul><li>", "<pre>", "<ruby><rt>", "<a href=#>"]
        try acquits(Vectors.all + Vectors.all.map { corpus.pick(around) + $0 })
    }

    @Test("Of 5000 random documents none runs or loads anything; the tree is what was written. More with ATLAS_FUZZ_SECONDS")
    func random() throws {
        func round(_ corpus: inout Corpus) throws {
            try acquits((0..<5000).map { $0 % 50 == 0 ? corpus.pile() : corpus.document() }, together: 25)
        }
        var corpus = Corpus(seed: 7)
        try round(&corpus)
        try Corpus.unbounded(9, round)
    }

    @Test("The judge sees what it should: without the sanitiser each of these is found")
    func judgeSees() throws {
        let guilty = [
            ("<img src=x onerror=alert(1)>", "ran: alert"), ("<script>alert(1)</script>", "ran: alert"),
            ("<a href=javascript:alert(1)>x</a>", "ran: alert"),
            ("<p onclick=alert(1)>x</p>", "ran: alert"), ("<svg onload=alert(1)></svg>", "ran: alert"),
            ("<p onwheel=\"\">x</p>", "attribute onwheel"),
            ("<p>a<p>b", "mutated"), ("<p><table></table></p>", "mutated (document)"), ("<table>a</table>", "mutated"),
            ("<pre><p>\n</pre>", "mutated"),
            ("<a href=\"ftp://a.example\">x</a>", "address"), ("<p id=\"x\">x</p>", "attribute id"), ("<main>x</main>", "element main"),
        ]
        let leaking = [
            "<link rel=stylesheet href=/leak/1>", "<iframe src=\"https://leak.example/\"></iframe>", "<img src=\"http://leak.example/3\">",
            "<video src=/film></video>",
        ]
        let (faults, leaks) = try judge(guilty.map(\.0) + leaking + ["<p>a</p>\u{A0}<pre>\n\nb</pre><img src=\"/picture\">"])
        for (index, (document, fault)) in guilty.enumerated() { #expect(faults[index].contains(fault), "\(document)") }
        for leak in ["/leak/1", "leak.example:443", "http://leak.example/3", "/film"] { #expect(leaks.contains(leak), "\(leak)") }
        #expect(faults.last?.isEmpty == true && !leaks.contains("picture"))
    }

    @Test("Nothing of the vectors is left that the audit knows")
    func audited() throws {
        #expect(Vectors.all.count >= 80 && Set(Vectors.all).count == Vectors.all.count)
        for vector in Vectors.all {
            let sanitized = try HTMLSanitizer.sanitize(vector)
            #expect(Audit.faults(sanitized).isEmpty, "\(vector) became \(sanitized)")
            #expect(try HTMLSanitizer.sanitize(sanitized) == sanitized)
        }
    }
}
