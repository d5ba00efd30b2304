package import NIOCore

/// JSON written straight into a buffer, without a tree in between.
extension ByteBuffer {
    /// A string with its quotes, escaped as RFC 8259 section 7 asks and no more.
    package mutating func writeJSON(string: String) {
        var string = string
        string.withUTF8 { writeJSON(utf8: $0) }
    }

    /// The same from bytes that are UTF-8 already.
    package mutating func writeJSON(utf8 bytes: UnsafeBufferPointer<UInt8>) {
        writeInteger(UInt8(ascii: "\""))
        var start = 0
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
                index += 1
                continue
            }
            if index > start { writeBytes(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[start..<index])) }
            writeJSONEscape(byte)
            index += 1
            start = index
        }
        if index > start { writeBytes(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[start..<index])) }
        writeInteger(UInt8(ascii: "\""))
    }

    private mutating func writeJSONEscape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): writeStaticString("\\\"")
        case UInt8(ascii: "\\"): writeStaticString("\\\\")
        case 0x08: writeStaticString("\\b")
        case 0x0C: writeStaticString("\\f")
        case 0x0A: writeStaticString("\\n")
        case 0x0D: writeStaticString("\\r")
        case 0x09: writeStaticString("\\t")
        default:
            writeStaticString("\\u00")
            let digits: StaticString = "0123456789abcdef"
            writeInteger(digits.utf8Start[Int(byte >> 4)])
            writeInteger(digits.utf8Start[Int(byte & 15)])
        }
    }

    /// A whole number in decimal digits.
    package mutating func writeJSON(integer: Int64) {
        if integer >= 0, integer < 10 {
            writeInteger(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: integer))
            return
        }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var magnitude = integer.magnitude
            var start = 20
            repeat {
                start -= 1
                digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: magnitude % 10)
                magnitude /= 10
            } while magnitude > 0
            if integer < 0 {
                start -= 1
                digits[start] = UInt8(ascii: "-")
            }
            writeBytes(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(digits)[start..<20]))
        }
    }

    /// The shortest decimal that reads back as the same double; what JSON cannot say (infinity, NaN) is null.
    package mutating func writeJSON(double: Double) {
        guard double.isFinite else {
            writeStaticString("null")
            return
        }
        if let whole = Int64(exactly: double) {
            writeJSON(integer: whole)
        } else {
            writeString(double.description)
        }
    }

    package mutating func writeJSON(bool: Bool) {
        writeStaticString(bool ? "true" : "false")
    }

    package mutating func writeJSON(_ value: JSONValue) {
        switch value {
        case .null: writeStaticString("null")
        case .bool(let truth): writeJSON(bool: truth)
        case .integer(let number): writeJSON(integer: number)
        case .number(let text): writeString(text)
        case .string(let text): writeJSON(string: text)
        case .array(let items):
            writeInteger(UInt8(ascii: "["))
            for (index, item) in items.enumerated() {
                if index > 0 { writeInteger(UInt8(ascii: ",")) }
                writeJSON(item)
            }
            writeInteger(UInt8(ascii: "]"))
        case .object(let members):
            writeInteger(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { writeInteger(UInt8(ascii: ",")) }
                writeJSON(string: member.name)
                writeInteger(UInt8(ascii: ":"))
                writeJSON(member.value)
            }
            writeInteger(UInt8(ascii: "}"))
        }
    }
}

extension ByteBuffer {
    /// Takes back the brace that ends the object written last: it gets further members, and another end, from whoever asks for this.
    package mutating func reopenJSONObject() {
        moveWriterIndex(to: Swift.max(readerIndex, writerIndex - 1))
    }
}

extension JSONValue {
    /// The value as text without white space.
    package var text: String {
        var buffer = ByteBuffer()
        buffer.writeJSON(self)
        return String(buffer: buffer)
    }
}
