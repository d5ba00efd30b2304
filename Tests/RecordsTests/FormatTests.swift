import Config
import JSON
import Schema
import Testing

@testable import Records

@Suite struct FormatTests {
    @Test(arguments: [
        "me@example.org", "a.b+c@x-y.example.co", "Üser@bücher.example", "a@straße.example", "نشانی@نمونه.ایران", "用户@例子.中国",
        "अ१@उदाहरण.भारत",
        "ΆΣ@παράδειγμας.ελ",
    ])
    func addresses(_ text: String) {
        #expect(EmailAddress.normalized(text) == text.lowercased())
    }

    @Test(arguments: [
        "", "me", "@x.org", "me@", "me@localhost", "a..b@x.org", ".a@x.org", "a@-x.org", "a b@x.org", "a@x.org\n", "a@b@c.org", "a@1.2.3.4",
        "\"q\"@x.org", "ada@ｅxample.com", "ａda@example.com", "ada@example。com", "ada@𝐞xample.com", "ada@exªmple.com", "a１@example.com",
        "a@نمونه\u{FEF1}.example", "a@ｶ.example", "a@exam\u{AD}ple.com", "a@exam\u{200D}ple.com",
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

    /// What it means is the field's to say, not the value's looks.
    @Test func whatIsTypedIsReadByItsField() throws {
        let text = """
            [collections.users.fields]
            name = "string"
            age = "int"
            size = "float"
            open = "bool"
            price = { type = "decimal", precision = 6, scale = 2 }
            tags = { type = "flags", values = ["a", "b"] }
            kind = { type = "enum", values = ["1", "2"] }
            """
        let schema = try SchemaCompiler.compile(try ConfigurationLoader().load(text: text))
        for (name, typed, value) in [
            ("phone", "+989121234567", "+989121234567"), ("phone", "null", .null), ("name", "007", "007"), ("name", "true", "true"),
            ("name", "null", "null"), ("age", "7", 7), ("age", "x", "x"), ("size", "1.5", .number("1.5")), ("open", "true", true),
            ("price", "12.50", "12.50"), ("tags", "[\"a\"]", ["a"]), ("kind", "1", "1"), ("age", "null", .null),
        ] as [(String, String, JSONValue)] {
            let field = try #require(schema.users.field(name))
            #expect(field.typed(typed) == value, "\(name)=\(typed)")
        }
    }
}
