internal import Glibc

enum FileSize {
    /// Bytes of a regular file; nil when there is none at that path.
    static func of(_ path: String) -> Int64? {
        var information = stat()
        guard stat(path, &information) == 0, information.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int64(information.st_size)
    }
}
