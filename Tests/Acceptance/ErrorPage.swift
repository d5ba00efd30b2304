import Harness
import Testing

/// `docs/errors.md` tells of every code that an answer may have.
@Suite struct ErrorPage {
    private static let rooms = ["Edge", "HTTPAPI", "Identity", "JSON", "Media", "Records"]

    /// Codes as the sources write them: of answers in capitals, of their details in small letters.
    private static func codes(in source: String) -> Set<String> {
        var codes: Set<String> = []
        for match in source.matches(of: #/"?code"?(?:: String =|:) ?"([A-Za-z_]+)"/#) { codes.insert(String(match.1)) }
        // The functions that make a fault: of a code and a sentence, or of a place, a code and a sentence.
        for match in source.matches(of: #/fa(?:ult|il)\(\s*(?:[^,()"]+|"[^"]*"), "([a-z_]+)", /#) { codes.insert(String(match.1)) }
        for match in source.matches(of: #/fa(?:ult|il)\(\s*"([a-z_]+)", (?!"[a-z_]+", )/#) { codes.insert(String(match.1)) }
        return codes
    }

    @Test func `every code has a row, and every row a code`() throws {
        let page = String(decoding: try Directory.read("\(Repository.root)/docs/errors.md"), as: UTF8.self)
        let rows = page.split(separator: "\n").filter { $0.hasPrefix("| `") }.compactMap { $0.split(separator: "|").first }
        let told = rows.flatMap { row in row.matches(of: /`([A-Za-z_]+)`/).map { String($0.1) } }
        #expect(Set(told).count == told.count, "each once")
        var known: Set<String> = []
        for room in Self.rooms {
            for path in Directory.files(under: "\(Repository.root)/Sources/\(room)") where path.hasSuffix(".swift") {
                known.formUnion(Self.codes(in: String(decoding: try Directory.read(path), as: UTF8.self)))
            }
        }
        // As many as there are makes sure that the sources were found and read.
        #expect(known.count > 50)
        #expect(known.subtracting(told).isEmpty, "without a row: \(known.subtracting(told).sorted())")
        #expect(Set(told).subtracting(known).isEmpty, "of nothing: \(Set(told).subtracting(known).sorted())")
    }

    @Test func `codes are found however they are written`() {
        let source = """
            Failure(status: .notFound, code: "NOT_FOUND", message: "x")
            body.writeStaticString(#"{"success":false,"error":{"code":"UNAVAILABLE","message":"#)
            throw fault("min", "must be more"); fault("scopes", "length", "must be 1"); fault(name, "type", "must be \\(x)")
            throw Self.fault("sort", "unknown", "cannot sort"); return fail("max", "has too many")
            static func unauthenticated(_ message: String, code: String = "UNAUTHENTICATED") -> Failure
            """
        #expect(Self.codes(in: source) == ["NOT_FOUND", "UNAVAILABLE", "min", "length", "type", "unknown", "max", "UNAUTHENTICATED"])
    }
}
