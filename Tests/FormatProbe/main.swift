// Answers questions about formats, one JSON text a line, so that Tests/FormatProbe/compare can hold the answers to those of others.

import JSON
import Records
import Text

/// What the question asks, as Atlas would decide.
func answer(_ question: JSONValue) -> JSONValue {
    if let source = question["pattern"]?.string {
        guard let pattern = try? Pattern(source) else { return .null }
        return .array((question["texts"]?.array ?? []).map { .bool(pattern.matches($0.string ?? "")) })
    }
    if let document = question["schema"] {
        do throws(JSONSchemaError) {
            let schema = try JSONSchema(document)
            return .array((question["values"]?.array ?? []).map { .bool(schema.faults(in: $0).isEmpty) })
        } catch {
            return .string(error.description)
        }
    }
    guard let number = PhoneNumber.normalized(question["phone"]?.string ?? "", region: question["region"]?.string) else { return .null }
    return .array([.string(number), PhoneNumber.country(of: number).map(JSONValue.string) ?? .null])
}

while let line = readLine() {
    guard let question = try? JSONParser.parse(line) else {
        print("\"no question\"")
        continue
    }
    print(answer(question).text)
}
