import Conformance
import Ports
import Testing

@testable import Records

@Suite struct SlugTests {
    @Test(arguments: [
        ("Hello, World!", "hello-world"), ("سالن الهه", "سالن-الهه"), ("آرایشگاه  مریم", "آرایشگاه-مریم"), ("می\u{200C}خواهم", "میخواهم"),
        ("میخواهم", "میخواهم"), ("كيك", "کیک"), ("کیک", "کیک"), ("سالن ۱۲", "سالن-12"), ("سالن 12", "سالن-12"), ("Café Über!", "cafe-uber"),
        ("--a--b--", "a-b"), ("  A1   B2", "a1-b2"), ("كتاب علي", "کتاب-علی"), ("Straße №5", "strasse-5"), ("../x", "x"),
        ("a\u{200C}-b", "a-b"),
        ("!!!", ""), ("🙂🙂", ""), ("❤️ ✅", ""), ("", ""), ("\u{0}", ""), ("\u{200C}", ""),
    ])
    func made(_ text: String, _ slug: String) {
        #expect(Slug.make(from: text, limit: 80) == slug)
        #expect(Slug.isValid(slug, limit: 80) == !slug.isEmpty)
    }

    @Test func lengthIsBounded() {
        #expect(Slug.make(from: "aaa bbb", limit: 4) == "aaa")
        #expect(Slug.make(from: "aaa bbb", limit: 5) == "aaa-b")
        #expect(Slug.make(from: String(repeating: "x", count: 300), limit: 80).count == 80)
        #expect(Slug.make(from: String(repeating: "سالن ", count: 300), limit: 79).unicodeScalars.count == 79)
    }

    @Test(arguments: [
        ("maryam", 2, 80, "maryam-2"), ("abcdef", 2, 6, "abcd-2"), ("abc-def", 10, 7, "abc-10"), ("a-b", 123, 5, "a-123"),
        ("سالن", 2, 4, "سا-2"),
    ])
    func suffixesStayWithin(_ slug: String, _ number: Int, _ max: Int, _ suffixed: String) {
        #expect(Slug.withSuffix(slug, number: number, max: max) == suffixed)
        #expect(Slug.isValid(suffixed, limit: max))
    }

    @Test(arguments: [
        "", "A", "A B", "a b", "a--b", "-a", "a-", "a/b", "../x", "a.b", "café", "كيك", "سالن-۱۲", "می\u{200C}خواهم", "cafe\u{301}",
        "\u{301}a", "a\n", "a\0",
        "🙂", "0190a3e4-7c1b-7def-8a12-34567890abcd", "0190A3E4-7C1B-7DEF-8A12-34567890ABCD", String(repeating: "x", count: 300),
    ])
    func refused(_ text: String) {
        #expect(!Slug.isValid(text, limit: 255))
    }

    /// What is made is well formed, within its limit, and made again the same.
    @Test func anyTextMakesAWellFormedSlug() {
        let random = SeededRandom(11)
        let pieces = [
            "a", "B", " ", "-", "é", "e\u{301}", "\u{301}", "ك", "\u{200C}", "🙂", "\u{FE0F}", "۱", "ß", "ه", "\u{654}", "\u{653}", "हि",
            "\u{93F}", "Я", "\u{0}", "ǆ", "½", "א\u{5B0}",
        ]
        for _ in 0..<3_000 {
            let text = random.bytes(Int(random.bytes(1)[0]) % 24).map { pieces[Int($0) % pieces.count] }.joined()
            let limit = 1 + Int(random.bytes(1)[0]) % 30
            let slug = Slug.make(from: text, limit: limit)
            #expect(slug.isEmpty || Slug.isValid(slug, limit: limit), "\(text.debugDescription) → \(slug.debugDescription)")
            if !slug.isEmpty, limit > 3 {
                #expect(Slug.isValid(Slug.withSuffix(slug, number: 2, max: limit), limit: limit), "\(text.debugDescription)")
            }
        }
    }
}
