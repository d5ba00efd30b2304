import Conformance
import Glibc
import NIOPosix
import Ports
import Testing

@testable import LocalObjects

@Suite struct LocalObjectsTests {
    private let base: String
    private let store: LocalObjects
    private let conformance: ObjectStoreConformance

    init() throws {
        base = "/tmp/atlas-objects-\(UInt64.random(in: 0...UInt64.max))"
        for path in [base, "\(base)/scratch", "\(base)/outside"] { #expect(mkdir(path, 0o700) == 0) }
        store = try LocalObjects(root: "\(base)/root", threads: .singleton)
        conformance = ObjectStoreConformance(store, scratch: "\(base)/scratch")
    }

    @Test func putThenRead() async throws { try await conformance.putThenRead() }
    @Test func putReplaces() async throws { try await conformance.putReplaces() }
    @Test func absentIsNotFound() async throws { try await conformance.absentIsNotFound() }
    @Test func removeIsIdempotent() async throws { try await conformance.removeIsIdempotent() }
    @Test func parallelPutsAreWhole() async throws { try await conformance.parallelPutsAreWhole() }

    @Test func badKeysAreRefused() async throws {
        #expect(ObjectStoreConformance.badKeys.count >= 200)
        try await conformance.badKeysAreRefused()
    }

    @Test func linksLeadNowhere() async throws {
        #expect(symlink("\(base)/outside", "\(base)/root/link") == 0)
        #expect(symlink("/etc/passwd", "\(base)/root/secret") == 0)
        await #expect(throws: ObjectStoreError.notFound("secret")) { try await store.head("secret") }
        await #expect(throws: ObjectStoreError.notFound("link/x")) { try await store.localFile("link/x") }
        let file = "\(base)/scratch/file"
        close(open(file, O_WRONLY | O_CREAT, 0o600))
        await #expect(throws: ObjectStoreError.self) { try await store.put("link/x", fileAt: file, contentType: "") }
        #expect(access("\(base)/outside/x", F_OK) != 0)
        #expect(access(file, F_OK) == 0)
        // Onto a link the object takes its place.
        try await store.put("secret", fileAt: file, contentType: "")
        #expect(try await store.head("secret").size == 0)
    }

    @Test func aFileOfAnotherFileSystemIsCopied() async throws {
        let file = "/dev/shm/atlas-objects-\(UInt64.random(in: 0...UInt64.max))"
        let descriptor = open(file, O_WRONLY | O_CREAT, 0o600)
        try #require(ftruncate(descriptor, 3_000_000) == 0)
        close(descriptor)
        try await store.put("big", fileAt: file, contentType: "")
        #expect(try await store.head("big").size == 3_000_000)
        #expect(access(file, F_OK) != 0)
    }

    @Test func leftoversOfACrashAreSwept() throws {
        let leftover = "\(base)/root/.part-abc"
        close(open(leftover, O_WRONLY | O_CREAT, 0o600))
        _ = try LocalObjects(root: "\(base)/root", threads: .singleton)
        #expect(access(leftover, F_OK) != 0)
    }
}
