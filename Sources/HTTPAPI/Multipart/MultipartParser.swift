package import NIOCore

/// An incremental parser of `multipart/form-data` (RFC 7578, RFC 2046 section 5.1.1): pieces of any size go in, events come out.
///
/// Strict: what is malformed is refused with a reason. It keeps at most a part's headers, or a boundary's length of data. After an error
/// nothing may be fed.
package struct MultipartParser: Sendable {
    private enum State: Sendable {
        case preamble, headers, bodyStart, body, epilogue
        /// Directly after a boundary: what follows says whether it was the last.
        case boundaryEnd
    }

    private let limits: MultipartLimits
    /// CR LF -- boundary.
    private let delimiter: Delimiter
    private var state = State.preamble
    private var buffer: ByteBuffer
    /// Bytes of `buffer` in which the end of the headers was already sought.
    private var sought = 0
    private var parts = 0
    private var surroundings = 0

    /// The parser for a request with that `content-type`.
    package init(contentType: String, limits: MultipartLimits = MultipartLimits()) throws(MultipartError) {
        guard let value = ParameterisedValue(contentType), value.value == "multipart/form-data" else {
            throw MultipartError("the content type is not multipart/form-data")
        }
        guard let boundary = value.parameters["boundary"] else { throw MultipartError("the content type has no boundary") }
        // RFC 2046 section 5.1.1: 1 to 70 characters, the last no space.
        let others = Set("'()+_,-./:=? ".utf8)
        guard (1...70).contains(boundary.utf8.count), boundary.utf8.last != UInt8(ascii: " "),
            boundary.utf8.allSatisfy({ others.contains($0) || Self.isAlphanumeric($0) })
        else { throw MultipartError("the boundary is malformed") }
        self.limits = limits
        delimiter = Delimiter(Array("\r\n--\(boundary)".utf8))
        // The first boundary may stand at the very beginning; the line end that the delimiter has is put before it.
        buffer = ByteBuffer(string: "\r\n")
    }

    /// The events that became certain with this piece.
    package mutating func feed(_ piece: ByteBuffer) throws(MultipartError) -> [MultipartEvent] {
        buffer.writeImmutableBuffer(piece)
        var events: [MultipartEvent] = []
        while try step(&events) {}
        buffer.discardReadBytes()
        return events
    }

    /// The body has ended.
    package func finish() throws(MultipartError) {
        guard case .epilogue = state else { throw MultipartError("the multipart body ends before its last boundary") }
    }

    /// False when more bytes are needed.
    private mutating func step(_ events: inout [MultipartEvent]) throws(MultipartError) -> Bool {
        switch state {
        case .preamble:
            let (data, isFound) = takeToDelimiter()
            surroundings += data.readableBytes
            guard surroundings <= limits.surroundings else { throw MultipartError("the multipart body does not begin with its boundary") }
            if isFound { state = .boundaryEnd }
            return isFound
        case .boundaryEnd: return try boundaryEnd()
        case .headers: return try headers(&events)
        case .bodyStart: return bodyStart()
        case .body:
            let (data, isFound) = takeToDelimiter()
            if data.readableBytes > 0 { events.append(.data(data)) }
            if isFound {
                events.append(.end)
                state = .boundaryEnd
            }
            return isFound
        case .epilogue:
            surroundings += buffer.readableBytes
            buffer.clear()
            guard surroundings <= limits.surroundings else { throw MultipartError("text after the last boundary") }
            return false
        }
    }

    private mutating func boundaryEnd() throws(MultipartError) -> Bool {
        guard buffer.readableBytes >= 2 else { return false }
        switch buffer.readString(length: 2) {
        case "--":
            surroundings = 0
            state = .epilogue
        case "\r\n":
            parts += 1
            guard parts <= limits.parts else { throw MultipartError("more than \(limits.parts) parts") }
            sought = 0
            state = .headers
        default: throw MultipartError("a boundary is not followed by a line end")
        }
        return true
    }

    private mutating func headers(_ events: inout [MultipartEvent]) throws(MultipartError) -> Bool {
        let view = buffer.readableBytesView
        // A part without headers has no name either, so an empty line at once needs no case of its own.
        let end = Self.headerEnd(view, from: sought)
        guard (end ?? view.count) <= limits.headers else {
            throw MultipartError("the headers of a part are longer than \(limits.headers) bytes")
        }
        guard let end else {
            sought = max(0, view.count - 3)
            return false
        }
        guard let text = String(validating: view.prefix(end), as: UTF8.self) else {
            throw MultipartError("the headers of a part are not UTF-8")
        }
        events.append(.begin(try MultipartHeaders.parse(text, limits: limits)))
        // The line end before the next boundary may be the one that ends the headers: an empty part.
        buffer.moveReaderIndex(forwardBy: end + 2)
        state = .bodyStart
        return true
    }

    /// The line end that ends the headers belongs to a delimiter that follows at once, else to nothing.
    private mutating func bodyStart() -> Bool {
        let available = min(buffer.readableBytes, delimiter.count)
        let mayBeDelimiter = buffer.withUnsafeReadableBytes { delimiter.isPrefixed(by: $0, count: available) }
        if mayBeDelimiter, available < delimiter.count { return false }
        if !mayBeDelimiter { buffer.moveReaderIndex(forwardBy: 2) }
        state = .body
        return true
    }

    private static func headerEnd(_ view: ByteBufferView, from start: Int) -> Int? {
        view.withUnsafeBytes { bytes in
            var index = start
            while index + 4 <= bytes.count {
                if bytes[index] == 13, bytes[index + 1] == 10, bytes[index + 2] == 13, bytes[index + 3] == 10 { return index }
                index += 1
            }
            return nil
        }
    }

    /// What certainly comes before the next delimiter, and whether that is there; it is then consumed.
    private mutating func takeToDelimiter() -> (ByteBuffer, Bool) {
        let found = buffer.withUnsafeReadableBytes { delimiter.find(in: $0) }
        let isWhole = found + delimiter.count <= buffer.readableBytes
        let data = buffer.readSlice(length: found) ?? ByteBuffer()
        if isWhole { buffer.moveReaderIndex(forwardBy: delimiter.count) }
        return (data, isWhole)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: false
        }
    }
}

/// Search for a short text: linear on average, and at worst its length times the data (Horspool 1980).
struct Delimiter: Sendable {
    private let pattern: [UInt8]
    private let shifts: [Int]

    var count: Int { pattern.count }

    init(_ pattern: [UInt8]) {
        self.pattern = pattern
        var shifts = [Int](repeating: pattern.count, count: 256)
        for (index, byte) in pattern.dropLast().enumerated() { shifts[Int(byte)] = pattern.count - 1 - index }
        self.shifts = shifts
    }

    /// Where it begins; if it is not there, where it could still begin at the end of the bytes; else their count.
    func find(in bytes: UnsafeRawBufferPointer) -> Int {
        var start = 0
        while start + pattern.count <= bytes.count {
            let last = bytes[start + pattern.count - 1]
            if last == pattern[pattern.count - 1], matches(bytes, start, pattern.count) { return start }
            start += shifts[Int(last)]
        }
        start = max(0, bytes.count - pattern.count + 1)
        while start < bytes.count {
            if matches(bytes, start, bytes.count - start) { return start }
            start += 1
        }
        return bytes.count
    }

    func isPrefixed(by bytes: UnsafeRawBufferPointer, count: Int) -> Bool { matches(bytes, 0, min(count, bytes.count, pattern.count)) }

    private func matches(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ length: Int) -> Bool {
        for index in 0..<length where bytes[start + index] != pattern[index] { return false }
        return true
    }
}
