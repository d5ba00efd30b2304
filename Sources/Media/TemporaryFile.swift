import Crypto
import Glibc

/// Names of files that are being written. What a crash leaves behind is known by them.
package enum TemporaryName {
    private static let start = "atlas-"
    private static let end = ".part"

    /// Unpredictable: 128 random bits.
    static func make() -> String {
        let bytes = (0..<16).map { _ in UInt8.random(in: 0...255) }
        return start + Hexadecimal.text(bytes) + end
    }

    /// Removes the leftovers in a directory, for the start of the server, before anything is written; gives how many. Blocks.
    package static func sweep(_ directory: String) -> Int {
        guard let stream = opendir(directory) else { return 0 }
        defer { closedir(stream) }
        var removed = 0
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if name.hasPrefix(start), name.hasSuffix(end), unlinkat(dirfd(stream), name, 0) == 0 { removed += 1 }
        }
        return removed
    }
}

enum Hexadecimal {
    static func text(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

enum FileWrite {
    /// Writes everything; 0 or an errno.
    static func all(_ bytes: ArraySlice<UInt8>, to file: Int32) -> Int32 {
        bytes.withUnsafeBytes { all($0, to: file) }
    }

    static func all(_ bytes: UnsafeRawBufferPointer, to file: Int32) -> Int32 {
        var rest = bytes
        while !rest.isEmpty {
            let count = write(file, rest.baseAddress, rest.count)
            if count < 0 {
                if errno == EINTR { continue }
                return errno
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
        return 0
    }
}
