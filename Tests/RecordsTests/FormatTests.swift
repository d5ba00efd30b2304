import JSON
import Testing

@testable import Records

@Suite struct FormatTests {
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
