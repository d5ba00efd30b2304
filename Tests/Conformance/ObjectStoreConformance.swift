import Glibc
package import Ports

/// What every `ObjectStore` promises. Each function throws `Violation` where the promise is broken.
package struct ObjectStoreConformance: Sendable {
    package struct Violation: Error, CustomStringConvertible {
        package var description: String
    }

    private let store: any ObjectStore
    /// An existing directory for the files that are put.
    private let scratch: String

    package init(_ store: any ObjectStore, scratch: String) {
        self.store = store
        self.scratch = scratch
    }

    package func putThenRead() async throws {
        try await put("a/b/c.webp", "hello")
        try expect(try await store.head("a/b/c.webp") == ObjectInfo(size: 5), "head gives the size")
        let path = try await store.localFile("a/b/c.webp")
        try expect(read(path) == "hello", "the content is what was put")
        await store.release(path)
    }

    package func putReplaces() async throws {
        try await put("same", "one")
        try await put("same", "other")
        let path = try await store.localFile("same")
        try expect(read(path) == "other", "the later put wins")
        await store.release(path)
    }

    package func absentIsNotFound() async throws {
        try await expect(.notFound("no/such"), "head") { _ = try await store.head("no/such") }
        try await expect(.notFound("no/such"), "localFile") { _ = try await store.localFile("no/such") }
        try await put("plain", "x")
        try await expect(.notFound("plain/below"), "head beneath an object") { _ = try await store.head("plain/below") }
    }

    package func removeIsIdempotent() async throws {
        try await put("gone/soon", "x")
        try await store.remove("gone/soon")
        try await expect(.notFound("gone/soon"), "head after remove") { _ = try await store.head("gone/soon") }
        try await store.remove("gone/soon")
        try await store.remove("never/was")
    }

    package func badKeysAreRefused() async throws {
        let file = try write("bad")
        for key in Self.badKeys {
            try await expect(.badKey(key), "put") { try await store.put(key, fileAt: file, contentType: "text/plain") }
            try await expect(.badKey(key), "head") { _ = try await store.head(key) }
            try await expect(.badKey(key), "localFile") { _ = try await store.localFile(key) }
            try await expect(.badKey(key), "remove") { try await store.remove(key) }
            try await expect(.badKey(key), "servedPath") { _ = try store.servedPath(key) }
        }
        try expect(read(file) == "bad", "a refused file stays where it is")
    }

    package func parallelPutsAreWhole() async throws {
        try await withThrowingTaskGroup { group in
            for index in 0..<20 {
                let text = String(repeating: "\(index % 10)", count: 5_000)
                group.addTask { try await put("contended/\(index % 2)", text) }
            }
            try await group.waitForAll()
        }
        let path = try await store.localFile("contended/0")
        let text = read(path)
        try expect(text.count == 5_000 && Set(text).count == 1, "one put, as a whole")
        await store.release(path)
    }

    /// At least 200 ways to leave the root, and what else is no key.
    package static let badKeys: [String] = {
        let ups = [
            "..", ".", "...", "%2e%2e", "..%2f", "%2e.", ".%2e", "..;", "..\\", "\u{FF0E}\u{FF0E}", "..\0", "~", "..%c0%af", "\u{2025}",
        ]
        let targets = ["etc/passwd", "x", "etc/shadow", ""]
        var keys = [
            "", "/", "//", "a//b", "a/", "/a", "a b", "A", "é", "a\nb", "a\0b", "C:/x", "\\\\server\\x", String(repeating: "a", count: 201),
        ]
        for up in ups {
            for target in targets {
                keys += ["\(up)/\(target)", "a/\(up)/\(target)", "/\(up)/\(target)", "\(up)/\(up)/\(up)/\(target)"]
            }
        }
        return keys
    }()

    private func put(_ key: String, _ text: String) async throws {
        try await store.put(key, fileAt: try write(text), contentType: "text/plain")
    }

    private func write(_ text: String) throws -> String {
        let path = "\(scratch)/\(UInt64.random(in: 0...UInt64.max))"
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        defer { close(file) }
        try expect(Glibc.write(file, text, text.utf8.count) == text.utf8.count, "a scratch file can be written")
        return path
    }

    private func read(_ path: String) -> String {
        let file = open(path, O_RDONLY)
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = Glibc.read(file, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }

    private func expect(_ holds: Bool, _ promise: String) throws {
        if !holds { throw Violation(description: promise) }
    }

    private func expect(_ expected: ObjectStoreError, _ what: String, _ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as ObjectStoreError where error == expected {
            return
        } catch {
            throw Violation(description: "\(what): \(error) instead of \(expected)")
        }
        throw Violation(description: "\(what) succeeded instead of \(expected)")
    }
}
