import NIOCore
import SeededNumbers
import Testing

@testable import HTTPAPI

@Suite struct MultipartParserTests {
    private static let type = "multipart/form-data; boundary=XX"

    /// Parses a body cut into pieces of that size; each part as its head and its whole text.
    private static func parse(
        _ body: String, pieces: Int = .max, type: String = type, limits: MultipartLimits = MultipartLimits()
    ) throws(MultipartError) -> [(MultipartPart, String)] {
        var parser = try MultipartParser(contentType: type, limits: limits)
        var rest = ByteBuffer(string: body)
        var parts: [(MultipartPart, ByteBuffer)] = []
        var isOpen = false
        while let piece = rest.readSlice(length: min(pieces, rest.readableBytes)), piece.readableBytes > 0 {
            for event in try parser.feed(piece) {
                switch event {
                case .begin(let part):
                    #expect(!isOpen)
                    parts.append((part, ByteBuffer()))
                    isOpen = true
                case .data(let data):
                    #expect(isOpen && data.readableBytes > 0)
                    parts[parts.count - 1].1.writeImmutableBuffer(data)
                case .end:
                    #expect(isOpen)
                    isOpen = false
                }
            }
        }
        try parser.finish()
        #expect(!isOpen)
        return parts.map { ($0.0, String(buffer: $0.1)) }
    }

    private static let body = """
        preamble\r\n--XX\r\nContent-Disposition: form-data; name="title"\r\n\r\nsalon\r\n--XX\r\n\
        content-disposition:form-data;name=photo; filename="a \\"b\\" %22c%22.jpg"\r\nContent-Type: Image/JPEG; x=y\r\nX-Other: 1\r\n\r\n\
        \r\n--X\r\n--XY\r\n\r\n--XX\r\nContent-Disposition: form-data; name="empty"\r\n\r\n\r\n--XX--\r\nepilogue
        """

    @Test(arguments: Array(1...80) + [Int.max]) func partsArriveWholeHoweverTheyAreCut(size: Int) throws {
        let parts = try Self.parse(Self.body, pieces: size)
        #expect(parts.map(\.0.name) == ["title", "photo", "empty"])
        #expect(parts.map(\.1) == ["salon", "\r\n--X\r\n--XY\r\n", ""])
        #expect(parts[1].0.filename == "a \"b\" \"c\".jpg")
        #expect(parts[1].0.contentType == "image/jpeg")
        #expect(parts[0].0.filename == nil && parts[0].0.contentType == nil)
    }

    @Test func anEmptyPartMayLackItsOwnLineEnd() throws {
        let parts = try Self.parse("--XX\r\nContent-Disposition: form-data; name=a\r\n\r\n--XX--")
        #expect(parts.count == 1 && parts[0].1 == "")
    }

    @Test func noPartsAtAll() throws { #expect(try Self.parse("--XX--\r\n").isEmpty) }

    @Test(arguments: [
        "", "--XX", "--XX\r\n", "--YY--", "--XX\r\n\r\nx\r\n--XX--", "--XX\r\nContent-Disposition: form-data; name=a\r\n\r\nx",
        "--XX\r\nContent-Disposition: form-data\r\n\r\nx\r\n--XX--", "--XX\r\nContent-Disposition: attachment; name=a\r\n\r\nx\r\n--XX--",
        "--XX\r\nContent-Disposition: form-data; name=\"\"\r\n\r\nx\r\n--XX--", "--XX\r\nContent-Type: text/plain\r\n\r\nx\r\n--XX--",
        "--XX\r\nContent-Disposition: form-data; name=a\nX: y\r\n\r\nx\r\n--XX--", "--XX\r\nno colon\r\n\r\nx\r\n--XX--", "--XXzz\r\n",
        "--XX\r\nContent-Disposition: form-data; name=a; name=b\r\n\r\nx\r\n--XX--",
        "--XX\r\nContent-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=b\r\n\r\nx\r\n--XX--",
        "--XX\r\nContent-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: base64\r\n\r\nx\r\n--XX--",
        "--XX\r\nContent-Disposition: form-data; name=\"a\r\n\r\nx\r\n--XX--", "--XX--" + String(repeating: "x", count: 2000),
        String(repeating: "x", count: 2000) + "\r\n--XX--",
        "--XX\r\nContent-Disposition: form-data; name=\(String(repeating: "n", count: 2_049))\r\n\r\nx\r\n--XX--",
        "--XX\r\nX: \(String(repeating: "h", count: 9000))\r\n\r\nx\r\n--XX--",
        String(repeating: "--XX\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n", count: 101) + "--XX--",
    ])
    func malformedIsRefused(body: String) {
        for size in [1, 7, Int.max] {
            #expect(throws: MultipartError.self) { try Self.parse(body, pieces: size) }
        }
    }

    @Test(arguments: [
        "multipart/mixed; boundary=x", "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\"\"",
        "multipart/form-data; boundary=\"a \"", "multipart/form-data; boundary=\(String(repeating: "a", count: 71))",
        "multipart/form-data; boundary=a; boundary=b", "multipart/form-data; boundary=\"a\r\nb\"",
    ])
    func badContentTypesAreRefused(type: String) {
        #expect(throws: MultipartError.self) { try MultipartParser(contentType: type) }
    }

    @Test func aQuotedBoundaryIsTaken() throws {
        let parts = try Self.parse(
            "--a b:c\r\nContent-Disposition: form-data; name=x\r\n\r\n1\r\n--a b:c--", type: "Multipart/Form-Data; Boundary=\"a b:c\"")
        #expect(parts[0].1 == "1")
    }

    @Test func anyBytesAreParsedOrRefusedAndCutsChangeNothing() throws {
        var random = SeededGenerator(state: 7)
        let alphabet = [
            "\r", "\n", "\r\n", "--", "XX", "--XX", "\r\n--XX", "\r\n--XX\r\n", ":", ";", "\"", "\\", "=", "a", "\u{e9}", "\0", "%22",
        ]
        let head = "--XX\r\nContent-Disposition: form-data; name=a\r\n\r\n"
        for _ in 0..<5_000 {
            var body = Bool.random(using: &random) ? head : ""
            for _ in 0..<Int.random(in: 0..<30, using: &random) { body += alphabet.randomElement(using: &random) ?? "" }
            if Bool.random(using: &random) { body += "\r\n--XX--" }
            let whole = try? Self.parse(body)
            let cut = try? Self.parse(body, pieces: Int.random(in: 1..<9, using: &random))
            #expect(whole?.map(\.1) == cut?.map(\.1), "\(body.debugDescription)")
        }
    }

    @Test func workGrowsWithTheBodyOnly() throws {
        // Almost-boundaries and single bytes: quadratic work would take minutes.
        let data = String(repeating: "\r\n--X", count: 200_000)
        let parts = try Self.parse("--XX\r\nContent-Disposition: form-data; name=a\r\n\r\n\(data)\r\n--XX--", pieces: 10)
        #expect(parts[0].1.utf8.count == data.utf8.count)
    }
}
