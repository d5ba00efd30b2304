import Glibc

/// Plain reading of small files.
enum Files {
    struct Failure: Error {
        var code: Int32
        var message: String
    }

    /// The bytes of a regular file, at most `limit`.
    static func read(_ path: String, limit: Int) -> Result<[UInt8], Failure> {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return .failure(failure(errno)) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return .failure(failure(errno)) }
        guard status.st_mode & S_IFMT != S_IFDIR else { return .failure(failure(EISDIR)) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                return .failure(failure(errno))
            }
            if count == 0 { return .success(bytes) }
            bytes += chunk[..<count]
            guard bytes.count <= limit else { return .failure(Failure(code: EFBIG, message: "it is larger than \(limit) bytes")) }
        }
    }

    private static func failure(_ code: Int32) -> Failure {
        let message =
            switch code {
            case ENOENT: "there is no such file"
            case EACCES: "this user may not read it"
            case EISDIR: "it is a directory"
            default: String(cString: strerror(code))
            }
        return Failure(code: code, message: message)
    }

    static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    static func isFile(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    static var workingDirectory: String {
        guard let path = getcwd(nil, 0) else { return "/" }
        defer { free(path) }
        return String(cString: path)
    }

    /// A name by which the same file is known again, however it is written.
    static func identity(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    /// The files that a glob of a directory names, sorted.
    static func matching(_ pattern: String, in directory: String) -> [String] {
        // The directory is meant literally.
        var escaped = ""
        for letter in directory {
            if "*?[\\".contains(letter) { escaped.append("\\") }
            escaped.append(letter)
        }
        let whole = pattern.hasPrefix("/") || directory.isEmpty ? pattern : "\(escaped)/\(pattern)"
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(whole, 0, nil, &found) == 0 else { return [] }
        return (0..<Int(found.gl_pathc)).compactMap { index in
            found.gl_pathv?[index].map { String(cString: $0) }
        }
    }
}
