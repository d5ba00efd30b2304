import CLinux
import Glibc
package import NIOPosix
package import Ports

/// Objects as files beneath one directory, on this machine's disk.
///
/// Every access goes through a descriptor of the root and stays beneath it, whatever links somebody may have put there. What is being
/// copied has a name that no key can have (`.part-…`), in the root.
package final class LocalObjects: ObjectStore {
    private let root: String
    private let rootDirectory: Int32
    private let threads: NIOThreadPool

    /// Opens the root, making it (0700) if it is absent, and removes what a crash has left of copies. Blocks; `threads` runs already.
    package init(root: String, threads: NIOThreadPool) throws(ObjectStoreError) {
        self.root = root.count > 1 && root.hasSuffix("/") ? String(root.dropLast()) : root
        self.threads = threads
        if mkdir(root, 0o700) != 0, errno != EEXIST { throw Self.unavailable("cannot make \(root)", errno) }
        rootDirectory = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard rootDirectory >= 0 else { throw Self.unavailable("cannot open \(root)", errno) }
        sweep()
    }

    deinit { close(rootDirectory) }

    package func put(_ key: String, fileAt path: String, contentType: String) async throws {
        let key = try ObjectKey(key)
        try await run { store in try store.move(path, to: key) }
    }

    package func head(_ key: String) async throws -> ObjectInfo {
        let key = try ObjectKey(key)
        return try await run { store in
            let file = try store.openObject(key)
            defer { close(file) }
            var information = stat()
            guard fstat(file, &information) == 0 else { throw Self.unavailable("cannot look at \(key.text)", errno) }
            guard information.st_mode & S_IFMT == S_IFREG else { throw ObjectStoreError.notFound(key.text) }
            return ObjectInfo(size: Int64(information.st_size))
        }
    }

    /// The object itself.
    package func localFile(_ key: String) async throws -> String {
        _ = try await head(key)
        return "\(root)/\(key)"
    }

    package func release(_ path: String) async {}

    package func remove(_ key: String) async throws {
        let key = try ObjectKey(key)
        try await run { store in
            guard let directory = try store.openDirectory(key.directory) else { return }
            defer { close(directory) }
            if unlinkat(directory, key.name, 0) != 0 {
                if errno == ENOENT || errno == EISDIR { return }
                throw Self.unavailable("cannot remove \(key.text)", errno)
            }
            guard fsync(directory) == 0 else { throw Self.unavailable("cannot sync \(key.directory)", errno) }
        }
    }

    package func servedPath(_ key: String) throws -> String? { "\(root)/\(try ObjectKey(key).text)" }

    // MARK: On a thread that may block

    private func run<Result: Sendable>(_ body: @escaping @Sendable (LocalObjects) throws -> Result) async throws -> Result {
        do {
            return try await threads.runIfActive { try body(self) }
        } catch let error as ObjectStoreError {
            throw error
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw ObjectStoreError.unavailable("\(error)")
        }
    }

    private func openObject(_ key: ObjectKey) throws(ObjectStoreError) -> Int32 {
        // Without waiting for the other end, should somebody have put a pipe there.
        let file = atlas_open_beneath(rootDirectory, key.text, O_RDONLY | O_NONBLOCK, 0)
        if file >= 0 { return file }
        throw Self.isAbsence(-file) ? .notFound(key.text) : Self.unavailable("cannot open \(key.text)", -file)
    }

    /// nil when it does not exist.
    private func openDirectory(_ path: String) throws(ObjectStoreError) -> Int32? {
        let directory = atlas_open_beneath(rootDirectory, path, O_RDONLY | O_DIRECTORY, 0)
        if directory >= 0 { return directory }
        if Self.isAbsence(-directory) { return nil }
        throw Self.unavailable("cannot open \(path)", -directory)
    }

    private func move(_ path: String, to key: ObjectKey) throws(ObjectStoreError) {
        let source = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard source >= 0 else { throw Self.unavailable("cannot open \(path)", errno) }
        defer { close(source) }
        guard fsync(source) == 0 else { throw Self.unavailable("cannot sync \(path)", errno) }
        let directory = try makeDirectory(for: key)
        defer { close(directory) }
        if renameat(AT_FDCWD, path, directory, key.name) != 0 {
            guard errno == EXDEV else { throw Self.unavailable("cannot store \(key.text)", errno) }
            try copy(source, to: key, in: directory)
            unlink(path)
        }
        // Otherwise the name itself could be lost with the power.
        guard fsync(directory) == 0 else { throw Self.unavailable("cannot sync \(key.directory)", errno) }
    }

    /// Makes the directories on the way, each durable in its parent, and opens the last.
    private func makeDirectory(for key: ObjectKey) throws(ObjectStoreError) -> Int32 {
        var current = fcntl(rootDirectory, F_DUPFD_CLOEXEC, 0)
        guard current >= 0 else { throw Self.unavailable("cannot open the root", errno) }
        for path in key.directories {
            let name = String(path.split(separator: "/").last ?? "")
            if mkdirat(current, name, 0o700) == 0 {
                if fsync(current) != 0 {
                    let error = errno
                    close(current)
                    throw Self.unavailable("cannot sync the parent of \(path)", error)
                }
            } else if errno != EEXIST {
                let error = errno
                close(current)
                throw Self.unavailable("cannot make \(path)", error)
            }
            let next = atlas_open_beneath(rootDirectory, path, O_RDONLY | O_DIRECTORY, 0)
            close(current)
            guard next >= 0 else { throw Self.unavailable("cannot open \(path)", -next) }
            current = next
        }
        return current
    }

    /// From another file system: through a temporary file, so that the object is never seen in part.
    private func copy(_ source: Int32, to key: ObjectKey, in directory: Int32) throws(ObjectStoreError) {
        let temporary = Self.temporaryStart + String(UInt64.random(in: 0...UInt64.max), radix: 16)
        let file = openat(rootDirectory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw Self.unavailable("cannot store \(key.text)", errno) }
        defer { close(file) }
        var failure: Int32 = 0
        while failure == 0 {
            // 1 GiB at a time; the kernel copies (sendfile(2)).
            let count = sendfile(file, source, nil, 1 << 30)
            if count == 0 { break }
            if count < 0, errno != EINTR { failure = errno }
        }
        if failure == 0, fsync(file) != 0 { failure = errno }
        if failure == 0, renameat(rootDirectory, temporary, directory, key.name) != 0 { failure = errno }
        guard failure == 0 else {
            unlinkat(rootDirectory, temporary, 0)
            throw Self.unavailable("cannot store \(key.text)", failure)
        }
    }

    private static let temporaryStart = ".part-"

    private func sweep() {
        guard let stream = opendir(root) else { return }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if name.hasPrefix(Self.temporaryStart) { unlinkat(rootDirectory, name, 0) }
        }
    }

    /// A link on the way (ELOOP, EXDEV) leads to nothing that is stored here.
    private static func isAbsence(_ error: Int32) -> Bool {
        [ENOENT, ENOTDIR, ELOOP, EXDEV, ENXIO, ENAMETOOLONG].contains(error)
    }

    private static func unavailable(_ what: String, _ error: Int32) -> ObjectStoreError {
        .unavailable("\(what): \(String(cString: strerror(error)))")
    }
}
