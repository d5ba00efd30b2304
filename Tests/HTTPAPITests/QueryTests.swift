import Testing

@testable import HTTPAPI

@Suite struct QueryTests {
    @Test func `a list is whole however it is written`() throws {
        for text in ["tag=a,b&page=2", "tag=a&tag=b&page=2", "tag=a&page=2&tag=b", "tag=a%2Cb&page=2"] {
            let query = try Query(text) { $0 == "tag" }
            #expect(query["tag"] == "a,b", "\(text)")
            #expect(query["page"] == "2", "\(text)")
        }
    }

    @Test(arguments: ["page=1&page=2", "tag=a&page=1&page=1", "q=x&q=", "%70age=1&page=2"])
    func `what is no list stands once`(text: String) {
        #expect(throws: Failure.self) { try Query(text) { $0 == "tag" } }
        #expect(throws: Failure.self) { try Query(text) }
    }

    @Test func `a list that nothing allows is doubled`() {
        #expect(throws: Failure.self) { try Query("tag=a&tag=b") }
    }
}
