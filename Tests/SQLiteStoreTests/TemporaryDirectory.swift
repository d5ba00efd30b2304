import Glibc

@testable import SQLiteStore

/// A fresh directory that is gone afterwards, with all that is in it.
func withTemporaryDirectory<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    var template = Array("/tmp/atlas-store-XXXXXX".utf8CString)
    guard let path = mkdtemp(&template).map({ String(cString: $0) }) else { throw NoDirectory() }
    defer { removeTree(path) }
    return try await body(path)
}

private struct NoDirectory: Error {}

private func removeTree(_ path: String) {
    if remove(path) == 0 { return }
    for name in DataDirectory.names(in: path) { removeTree("\(path)/\(name)") }
    remove(path)
}
