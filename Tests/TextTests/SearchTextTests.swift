import CSQLite
import Conformance
import Ports
import Testing

@testable import Text

@Suite struct SearchTextTests {
    @Test(arguments: [
        ("Café Über", "cafe uber"), ("Straße STRAẞE ŁÓDŹ Ærø Ǿǽ", "strasse strasse lodz aero oae"), ("ᾳ ᾼ", "α α"),
        ("ΆΝΕΣΙΣ άνεσις", "ανεσισ ανεσισ"),
        ("İstanbul ısı", "istanbul isi"),
        ("كيك على", "کیک علی"), ("کیک علی", "کیک علی"), ("۱۲ ٣ १२ ² ５", "12 3 12 2 5"), ("كِتَابٌ کتــاب", "کتاب کتاب"),
        ("خانهٔ ما خانۀ ما", "خانه ما خانه ما"),
        ("آرایشگاه مسئول أحمد", "آرایشگاه مسئول أحمد"), ("Йога ё", "йога ё"), ("ﬁn ＡＢ", "fin ab"),
        ("a\u{00AD}b\u{200D}c\u{202B}d\u{FEFF}", "abcd"),
        ("می\u{200C}روم", "می\u{200C}روم"), ("e\u{301}\u{302}x", "ex"), ("हिन्दी ガ", "हिन्दी ガ"), ("", ""),
    ])
    func folds(_ text: String, _ folded: String) {
        #expect(Array(FoldedText.fold(text).unicodeScalars) == Array(folded.unicodeScalars))
    }

    @Test func foldingTwiceChangesNoScalar() {
        for scalar in (UInt32(0)...0x10FFFF).compactMap(Unicode.Scalar.init) {
            let folded = FoldedText.fold("a\(scalar)x")
            if FoldedText.fold(folded).unicodeScalars.elementsEqual(folded.unicodeScalars) { continue }
            Issue.record("U+\(String(scalar.value, radix: 16)): \(folded)")
        }
    }

    /// What `search` of expressions overlooks, the index of words overlooks too.
    @Test(arguments: [
        ("Ærø STRAẞE Œuvre", "aero strasse oeuvre"), ("آب مسؤول مدرسة", "اب مسوول مدرسه"), ("می\u{200C}روم", "میروم"),
        ("ΆΝΕΣΙΣ άνεσις", "ανεσισ ανεσισ"),
        ("e\u{301}x ² ۱۲٣", "ex 2 123"), ("كِتَابٌ کتــاب", "کتاب کتاب"), ("हिन्दी ガ й", "हिन्दी ガ й"), ("", ""),
    ])
    func foldsByLetter(_ text: String, _ folded: String) {
        #expect(Array(LetterFolding.fold(text).unicodeScalars) == Array(folded.unicodeScalars))
        #expect(LetterFolding.contains("x \(folded) y", text))
    }

    @Test(arguments: [
        ("کاشت ناخن یاس", ["کاشت", "ناخن", "یاس"]), ("کاشت\u{200C}ناخن", ["کاشت", "ناخن", "کاشتناخن"]),
        ("e-mail; don't!", ["e", "mail", "email", "don", "t", "dont"]),
        ("-a- \u{200C}b\u{200C}", ["a", "b"]), ("آب مسؤول مدرسة", ["اب", "مسوول", "مدرسه"]), ("🙂 ❤️ --", []), ("C++ & C#", ["c", "c"]),
    ])
    func tokens(_ text: String, _ tokens: [String]) {
        #expect(SearchText.tokens(of: text) == tokens)
    }

    @Test(arguments: [
        ("\"a\" OR b*", "\"a\" * AND \"or\" * AND \"b\" *"), ("کاشت\u{200C}ناخن", "((\"کاشت\" * AND \"ناخن\" *) OR \"کاشتناخن\" *)"),
        ("col:x^2", "\"col\" * AND \"x\" * AND \"2\" *"), ("NEAR(", "\"near\" *"),
    ])
    func queries(_ text: String, _ query: String) {
        #expect(SearchText.ftsQuery(for: text) == query)
    }

    @Test func aQueryWithoutWordsAsksForNothing() {
        for text in ["", " ", "\"", "*", "-", "🙂", "\u{200C}", "\0", "() {} : ^"] {
            #expect(SearchText.ftsQuery(for: text) == nil, "\(text)")
            #expect(!SearchText.matches(text, in: "a"))
        }
    }

    /// S09.7 and its reverse.
    @Test(arguments: [
        ("کاشت ناخن یاس", "كاشت", true), ("کاشت ناخن یاس", "ياس", true), ("کاشت ناخن یاس", "کاشت\u{200C}ناخن", true),
        ("کاشت\u{200C}ناخن", "کاشت ناخن", true),
        ("کاشت\u{200C}ناخن", "کاشتناخن", true), ("کاشتناخن", "کاشت\u{200C}ناخن", true), ("سالن ۱۲", "12", true), ("سالن 12", "۱۲", true),
        ("سالن ١٢", "۱۲", true),
        ("Café", "cafe", true), ("cafe", "CAFÉ", true), ("e-mail", "email", true), ("email", "e-mail", true), ("آرایشگاه", "ارایش", true),
        ("کاشت ناخن", "ناخن کاشت", true),
        ("کاشت ناخن یاس", "یاسمن", false), ("کاشت", "ناخن کاشت", false), ("abc", "bc", false), ("a b", "a NOT b", false),
        ("سالن 112", "12", false),
    ])
    func finds(_ text: String, _ query: String, _ isFound: Bool) throws {
        let index = try Index()
        try index.insert(text)
        #expect(try index.count(query) == (isFound ? 1 : 0))
        #expect(SearchText.matches(query, in: text) == isFound)
    }

    @Test func lengthAndTermsAreBounded() throws {
        let long = String(repeating: "x", count: 10_000)
        #expect(SearchText.tokens(of: long).map(\.count) == [SearchText.longestToken])
        let index = try Index()
        try index.insert(long)
        #expect(try index.count(long) == 1)
        let many = (0..<500).map { "w\($0)" }.joined(separator: " ")
        #expect(SearchText.ftsQuery(for: many)?.split(separator: " AND ").count == SearchText.mostTerms)
        let chain = Array(repeating: "a", count: 1_000).joined(separator: "-")
        #expect(try #require(SearchText.ftsQuery(for: chain)).utf8.count < 1_000)
        #expect(SearchText.tokens(of: chain).allSatisfy { $0.count <= SearchText.longestToken })
        try index.insert(chain)
        #expect(try index.count(chain) == 1)
    }

    /// Hostile queries are no error, the index and `matches` agree, every text is found by each of its own words, and folding twice changes nothing.
    @Test func anyTextIsALiteral() throws {
        let random = SeededRandom(7)
        let pieces = [
            "\"", "*", "NEAR(", "^", "t:", "-", "+", "(", ")", "{t}", " AND ", " OR ", " NOT ", "\0", "'", "\u{200C}", "\u{200D}", " ", "ک",
            "ك", "ي", "ی", "آ", "۱", "1", "é", "e\u{301}", "ß",
            "\u{654}", "\u{653}", "ه", "ا", "ب", "a", "B", "🙂", "\u{FE0F}", "\u{FFFD}", "й", "и\u{306}", "गि", "\u{1F1EE}", "\u{10FFFF}",
            "ǆ", "ŉ", "ΐ", "\u{345}", "½", "\u{5B0}", "\u{5D0}", "\\", ";", "%",
        ]
        func text(_ most: Int) -> String {
            let bytes = random.bytes(Int(random.bytes(1)[0]) % most * 2)
            return stride(from: 0, to: bytes.count, by: 2).map { pieces[(Int(bytes[$0]) << 8 | Int(bytes[$0 + 1])) % pieces.count] }
                .joined()
        }
        for round in 0..<1_500 {
            let content = text(40)
            let query = text(12)
            let index = try Index()
            try index.insert(content)
            #expect(
                (try index.count(query) == 1) == SearchText.matches(query, in: content),
                "\(round): \(content.debugDescription) by \(query.debugDescription)")
            for token in SearchText.tokens(of: content) {
                #expect(try index.count(token) == 1, "\(round): \(token) of \(content.debugDescription)")
            }
            let folded = FoldedText.fold(content)
            #expect(Array(FoldedText.fold(folded).unicodeScalars) == Array(folded.unicodeScalars), "\(round): \(content.debugDescription)")
        }
    }
}

/// A full-text table in memory.
private final class Index {
    struct Failure: Error { var message: String }
    private var handle: OpaquePointer?

    init() throws {
        guard sqlite3_open(":memory:", &handle) == SQLITE_OK else { throw Failure(message: "open") }
        _ = try run("CREATE VIRTUAL TABLE s USING fts5(t, content = '', tokenize = 'ascii')", nil)
    }

    deinit { sqlite3_close(handle) }

    func insert(_ text: String) throws { _ = try run("INSERT INTO s (t) VALUES (?)", SearchText.indexed(text)) }

    func count(_ text: String) throws -> Int {
        guard let query = SearchText.ftsQuery(for: text) else { return 0 }
        return try run("SELECT count(*) FROM s WHERE s MATCH ?", query)
    }

    private func run(_ sql: String, _ parameter: String?) throws -> Int {
        var statement: OpaquePointer?
        defer { sqlite3_finalize(statement) }
        guard sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK else { throw failure }
        if let parameter { sqlite3_bind_text(statement, 1, parameter, -1, unsafeBitCast(-1, to: sqlite3_destructor_type.self)) }
        switch sqlite3_step(statement) {
        case SQLITE_ROW: return Int(sqlite3_column_int64(statement, 0))
        case SQLITE_DONE: return 0
        default: throw failure
        }
    }

    private var failure: Failure { Failure(message: String(cString: sqlite3_errmsg(handle))) }
}
