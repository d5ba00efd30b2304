import Glibc

/// A temporary directory of one test; removed with everything in it when the last user is done.
package final class Directory: Sendable {
    package let path: String

    package init() throws {
        var template = Array("/tmp/atlas-acceptance-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError(operation: "mkdtemp", code: errno) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        for entry in Self.walk(path).reversed() { _ = entry.isDirectory ? rmdir(entry.path) : unlink(entry.path) }
        rmdir(path)
    }

    package func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Regular files below a folder of this directory: bytes by path.
    package func files(in folder: String) -> [String: Int64] {
        var sizes: [String: Int64] = [:]
        for entry in Self.walk(file(folder)) where !entry.isDirectory { sizes[entry.path] = entry.size }
        return sizes
    }

    /// The same of any folder: paths.
    package static func files(under folder: String) -> [String] { walk(folder).filter { !$0.isDirectory }.map(\.path) }

    package func read(_ name: String) throws -> [UInt8] { try Self.read(file(name)) }

    package func write(_ text: String, to name: String) throws {
        let descriptor = open(file(name), O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        guard descriptor >= 0 else { throw SystemError(operation: "open \(name)", code: errno) }
        defer { close(descriptor) }
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw SystemError(operation: "write \(name)", code: errno) }
            bytes = bytes.dropFirst(count)
        }
    }

    /// Puts a copy of a folder's files here, with its subfolders.
    package func copy(_ folder: String) throws {
        for entry in Self.walk(folder) {
            let name = String(entry.path.dropFirst(folder.count + 1))
            if entry.isDirectory {
                mkdir(file(name), 0o700)
            } else {
                try write(String(decoding: Self.read(entry.path), as: UTF8.self), to: name)
            }
        }
    }

    package static func read(_ path: String) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { throw SystemError(operation: "open \(path)", code: errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = piece.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            guard count >= 0 else { throw SystemError(operation: "read \(path)", code: errno) }
            if count == 0 { return bytes }
            bytes += piece[..<count]
        }
    }

    private struct Entry {
        var path: String
        var isDirectory: Bool
        var size: Int64
    }

    /// Parents before what is in them.
    private static func walk(_ path: String) -> [Entry] {
        guard let stream = opendir(path) else { return [] }
        defer { closedir(stream) }
        var entries: [Entry] = []
        while let found = readdir(stream) {
            let name = withUnsafePointer(to: &found.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name == "." || name == ".." { continue }
            let full = "\(path)/\(name)"
            var status = stat()
            guard lstat(full, &status) == 0 else { continue }
            let isDirectory = status.st_mode & S_IFMT == S_IFDIR
            entries.append(Entry(path: full, isDirectory: isDirectory, size: Int64(status.st_size)))
            if isDirectory { entries += walk(full) }
        }
        return entries
    }
}

/// A system call that failed.
package struct SystemError: Error, CustomStringConvertible {
    package var operation: String
    package var code: Int32

    package var description: String { "\(operation): \(String(cString: strerror(code)))" }
}
