import Testing

@testable import Records

@Suite struct Base64Tests {
    /// The vectors of RFC 4648 section 10.
    @Test func standard() {
        let vectors = ["": "", "f": "Zg==", "fo": "Zm8=", "foo": "Zm9v", "foob": "Zm9vYg==", "fooba": "Zm9vYmE=", "foobar": "Zm9vYmFy"]
        for (text, encoded) in vectors {
            #expect(Base64.standard(Array(text.utf8)) == encoded)
            #expect(Base64.isPlausible(encoded, limit: 6))
        }
        #expect(!Base64.isPlausible("Zm9vYmFyZg==", limit: 6))
        #expect(!Base64.isPlausible("Zm9-", limit: 6) && !Base64.isPlausible("Zm9", limit: 6))
    }
}
