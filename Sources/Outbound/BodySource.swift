internal import CCurl
internal import Glibc

/// Gives the pieces of a body one after the other.
struct BodySource: ~Copyable {
    private var rest: ArraySlice<OutboundBody>
    private var bytes: ArraySlice<UInt8> = []
    private var descriptor: Int32 = -1
    private var left: Int64 = 0

    init(_ pieces: [OutboundBody]) {
        rest = pieces[...]
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Fills the buffer as far as a piece reaches; 0 at the end, `CURL_READFUNC_ABORT` where a file is shorter than was said.
    mutating func read(into buffer: UnsafeMutablePointer<CChar>?, _ room: Int) -> Int {
        guard let buffer else { return Int(CURL_READFUNC_ABORT) }
        while true {
            if !bytes.isEmpty {
                let count = min(room, bytes.count)
                bytes.prefix(count).withUnsafeBytes { piece in
                    guard let start = piece.baseAddress else { return }
                    memcpy(buffer, start, count)
                }
                bytes = bytes.dropFirst(count)
                return count
            }
            if left > 0 {
                let count = Glibc.read(descriptor, buffer, min(room, Int(left)))
                guard count > 0 else { return Int(CURL_READFUNC_ABORT) }
                left -= Int64(count)
                return count
            }
            if descriptor >= 0 { close(descriptor) }
            descriptor = -1
            switch rest.popFirst() {
            case .bytes(let next): bytes = next[...]
            case .file(let path, let size):
                descriptor = open(path, O_RDONLY | O_CLOEXEC)
                guard descriptor >= 0 else { return Int(CURL_READFUNC_ABORT) }
                left = size
            case nil: return 0
            }
        }
    }
}
