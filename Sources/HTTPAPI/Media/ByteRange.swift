/// One range of `Range: bytes=…` (RFC 9110 section 14.2). Several at once, or other units, are answered with the whole, which is allowed.
enum ByteRange: Equatable {
    case whole
    case part(Range<Int64>)
    case unsatisfiable

    init(_ header: String?, size: Int64) {
        self = .whole
        guard let header, header.hasPrefix("bytes="), !header.contains(",") else { return }
        let parts = header.dropFirst(6).split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }) else { return }
        if parts[0].isEmpty {
            guard let length = Int64(parts[1]) else { return }
            self = length == 0 || size == 0 ? .unsatisfiable : .part(max(0, size - length)..<size)
            return
        }
        guard let first = Int64(parts[0]) else { return }
        let last = parts[1].isEmpty ? size - 1 : Int64(parts[1]) ?? size - 1
        guard first <= last || first >= size else { return }
        self = first >= size ? .unsatisfiable : .part(first..<min(last + 1, size))
    }
}
