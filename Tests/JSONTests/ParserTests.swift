import NIOCore
import Testing

@testable import JSON

@Suite struct ParserTests {
    @Test(arguments: [
        "null", "true", "0", "-0", "12", "9223372036854775807", "1.5e3", "\"\"", "\"a\\u00e9\\n\"", "\"\\ud83d\\ude00\"", "[]", "[1,[2]]",
        "{}", "{\"a\":{\"b\":[null]}}", " [ 1 , 2 ] ",
    ])
    func accepts(_ text: String) throws {
        let value = try JSONParser.parse(text)
        #expect(try JSONParser.parse(value.text) == value)
    }

    @Test(arguments: [
        "", " ", "nul", "tru", "01", "+1", "1.", ".5", "1e", "--1", "NaN", "Infinity", "\"", "\"\t\"", "\"\\x\"", "\"\\u12\"",
        "\"\\ud800\"",
        "\"\\udc00\"", "\"\\ud800\\u0041\"", "[", "[1,]", "[1 2]", "{", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{\"a\":1,\"a\":2}",
        "1 2", "[]]",
        "// no",
    ])
    func refuses(_ text: String) {
        #expect(throws: JSONError.self) { try JSONParser.parse(text) }
    }

    @Test func depthIsBounded() throws {
        let limit = JSONParser.maximumDepth
        _ = try JSONParser.parse(String(repeating: "[", count: limit) + String(repeating: "]", count: limit))
        #expect(throws: JSONError.self) {
            try JSONParser.parse(String(repeating: "[", count: limit + 1) + String(repeating: "]", count: limit + 1))
        }
    }

    @Test func aBigIntegerStaysExact() throws {
        #expect(try JSONParser.parse("9223372036854775808") == .number("9223372036854775808"))
        #expect(try JSONParser.parse("9007199254740993") == .integer(9_007_199_254_740_993))
    }

    @Test func manyMembersAreCheckedForDoubles() {
        let members = (0..<40).map { "\"m\($0)\":\($0)" }
        #expect(throws: Never.self) { try JSONParser.parse("{" + members.joined(separator: ",") + "}") }
        #expect(throws: JSONError.self) { try JSONParser.parse("{" + (members + ["\"m3\":0"]).joined(separator: ",") + "}") }
    }

    @Test func theWriterEscapesWhatMustBe() {
        #expect(JSONValue.string("a\"\\\n\r\t\u{8}\u{c}\u{1}/é").text == "\"a\\\"\\\\\\n\\r\\t\\b\\f\\u0001/é\"")
        var buffer = ByteBuffer()
        buffer.writeJSON(integer: .min)
        buffer.writeJSON(double: 0.1)
        buffer.writeJSON(double: .infinity)
        #expect(String(buffer: buffer) == "-92233720368547758080.1null")
    }

    /// Bytes at random never trap, and whatever parses reads back the same.
    @Test func mutationsNeverTrap() throws {
        var state: UInt64 = 42
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let seed = Array(#"{"a":[1,-2.5e3,"x\u00e9\ud83d\ude00",true,null],"b":{"c":"d"}}"#.utf8)
        for _ in 0..<20_000 {
            var bytes = seed
            for _ in 0...next(4) { bytes[next(bytes.count)] = UInt8(next(256)) }
            if let value = try? JSONParser.parse(bytes) { #expect(try JSONParser.parse(value.text) == value) }
        }
    }
}
