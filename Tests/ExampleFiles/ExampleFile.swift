import Glibc

/// The example sites of Tests/Examples as texts.
package enum ExampleFile {
    /// Of the repository.
    package static let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

    package static func path(_ name: String) -> String { "\(root)/Tests/Examples/\(name).toml" }

    package static func text(_ name: String) throws -> String {
        guard let file = fopen(path(name), "r") else { throw Missing(path: path(name)) }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }

    struct Missing: Error {
        var path: String
    }
}
