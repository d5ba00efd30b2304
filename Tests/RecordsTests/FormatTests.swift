import JSON
import Testing

@testable import Records

@Suite struct FormatTests {
    @Test(arguments: [
        ("Hello, World!", "hello-world"), ("سالن الهه", "سالن-الهه"), ("  --a--b  ", "a-b"), ("Ünïcode ÄÖ", "ünïcode-äö"),
        ("می‌روم", "میروم"),
        ("كتاب علي", "کتاب-علی"), ("!!!", ""), ("A1 B2", "a1-b2"),
    ])
    func slugs(_ text: String, _ slug: String) {
        #expect(Slug.make(from: text, limit: 80) == slug)
        if !slug.isEmpty { #expect(Slug.isValid(slug, limit: 80)) }
    }

    @Test func slugsAreBounded() {
        #expect(Slug.make(from: "aaa bbb", limit: 4) == "aaa")
        #expect(Slug.make(from: String(repeating: "x", count: 300), limit: 80).count == 80)
        for bad in ["", "A", "a b", "a--b", "-a", "a-", "a/b"] { #expect(!Slug.isValid(bad, limit: 80), "\(bad)") }
    }

    @Test(arguments: ["me@example.org", "a.b+c@x-y.example.co", "Üser@bücher.example"])
    func addresses(_ text: String) {
        #expect(EmailAddress.normalized(text) == text.lowercased())
    }

    @Test(arguments: [
        "", "me", "@x.org", "me@", "me@localhost", "a..b@x.org", ".a@x.org", "a@-x.org", "a b@x.org", "a@x.org\n", "a@b@c.org", "a@1.2.3.4",
        "\"q\"@x.org",
    ])
    func noAddresses(_ text: String) {
        #expect(EmailAddress.normalized(text) == nil)
    }

    @Test func onlyWebAddressesPass() {
        for good in ["http://a.example", "https://a.example/x?y=1#z", "https://[2001:db8::1]:80/"] {
            #expect(WebAddress.isValid(good), "\(good)")
        }
        for bad in ["", "javascript:alert(1)", "//a", "http://", "https://u:p@a.example", "http://a b", "ftp://a", "http://a\"b"] {
            #expect(!WebAddress.isValid(bad), "\(bad)")
        }
    }

    @Test func textIsNFC() {
        #expect(Array(NormalizedText.nfc("e\u{301}").unicodeScalars) == ["\u{e9}"])
        #expect(NormalizedText.nfc("plain") == "plain")
    }
}
