import Glibc
import Testing

@testable import Media

/// Real images, made by ImageMagick, in a directory of their own.
struct TestImages {
    let directory: String

    init() throws {
        directory = "/tmp/atlas-media-\(UInt64.random(in: 0...UInt64.max))"
        try #require(mkdir(directory, 0o700) == 0)
    }

    /// The path of the image that `convert ARGUMENTS FILE` makes.
    func make(_ name: String, _ arguments: String...) throws -> String {
        let path = "\(directory)/\(name)"
        try run("convert", arguments + [path])
        return path
    }

    func photo(_ name: String = "photo.jpg", _ size: String = "4000x3000", _ more: String...) throws -> String {
        let path = "\(directory)/\(name)"
        try run("convert", ["-size", size, "plasma:tomato-steelblue"] + more + ["-quality", "90", path])
        return path
    }

    func run(_ program: String, _ arguments: [String]) throws {
        var texts: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        defer { for text in texts { free(text) } }
        var process: pid_t = 0
        try #require(posix_spawnp(&process, program, nil, nil, &texts, environ) == 0, "\(program) is needed")
        var status: Int32 = 0
        waitpid(process, &status, 0)
        try #require(status == 0, "\(program) \(arguments)")
    }

    func bytes(_ path: String) throws -> [UInt8] {
        let file = open(path, O_RDONLY)
        try #require(file >= 0)
        defer { close(file) }
        var information = stat()
        fstat(file, &information)
        var bytes = [UInt8](repeating: 0, count: Int(information.st_size))
        try #require(read(file, &bytes, bytes.count) == bytes.count)
        return bytes
    }

    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        let path = "\(directory)/\(name)"
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        try #require(file >= 0)
        defer { close(file) }
        try #require(FileWrite.all(bytes[...], to: file) == 0)
        return path
    }

    func remove() { try? run("rm", ["-rf", directory]) }

    /// The helper beside the test bundle.
    static func helper() throws -> String {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = bytes.withUnsafeMutableBytes { space in space.baseAddress.map { readlink("/proc/self/exe", $0, space.count) } ?? -1 }
        var directory = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        // The runner may be the toolchain's own; then the bundle is among its arguments.
        for candidate in [directory] + CommandLine.arguments {
            directory = candidate
            while let slash = directory.lastIndex(of: "/") {
                directory = String(directory[..<slash])
                if access("\(directory)/MediaHelperTool", X_OK) == 0 { return "\(directory)/MediaHelperTool" }
            }
        }
        return try #require(nil, "MediaHelperTool is not beside the tests")
    }
}

extension TemporaryName {
    /// Whether there is any such file.
    static func exists(_ directory: String) -> Bool {
        guard let stream = opendir(directory) else { return false }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if name.hasSuffix(".part") { return true }
        }
        return false
    }
}
