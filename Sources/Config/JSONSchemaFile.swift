package import JSON

/// The file that a `json` field is held to.
package enum JSONSchemaFile {
    /// Bytes.
    private static let limit = 1 << 20

    /// The compiled schema, or the fault at the place that names the file.
    package static func read(_ path: Located<String>) -> Result<JSONSchema, Fault> {
        func failure(_ message: String) -> Result<JSONSchema, Fault> {
            .failure(Fault(message, at: path.at, length: path.value.unicodeScalars.count + 2))
        }
        switch Files.read(path.value, limit: limit) {
        case .failure(let reason): return failure("the JSON Schema '\(path.value)' cannot be read: \(reason.message)")
        case .success(let bytes):
            guard let document = try? JSONParser.parse(bytes) else { return failure("'\(path.value)' is no JSON") }
            do throws(JSONSchemaError) {
                return .success(try JSONSchema(document))
            } catch {
                return failure("'\(path.value)' is no JSON Schema that can be used: \(error)")
            }
        }
    }
}
