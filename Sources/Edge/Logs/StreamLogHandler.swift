import JSON
package import Logging
import NIOCore
package import Ports

/// Writes the program's log to a `LogStream`: JSON lines for machines, or text for a terminal. Control characters are escaped in both,
/// so that no value can forge a line or speak to the terminal.
package struct StreamLogHandler: LogHandler {
    package enum Form: Sendable {
        /// `{"time","level","logger","message",…metadata}`
        case json
        /// `01:47:39.120 info  edge: message key=value`
        case text
    }

    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let form: Form
    private let stream: LogStream
    private let clock: any Clock

    package init(label: String, form: Form, stream: LogStream, clock: any Clock, level: Logger.Level = .info) {
        self.label = label
        self.form = form
        self.stream = stream
        self.clock = clock
        logLevel = level
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var all = metadata
        if let provider = metadataProvider { all.merge(provider.get()) { $1 } }
        if let own = event.metadata { all.merge(own) { $1 } }
        if let error = event.error, all["error"] == nil { all["error"] = .string("\(error)") }
        var line = ByteBuffer()
        let now = clock.now()
        var time = TimestampCache()
        time.turn(to: now)
        switch form {
        case .json: writeJSON(event, all, time: time.rfc3339, milliseconds: now, to: &line)
        case .text: writeText(event, all, time: time.rfc3339, milliseconds: now, to: &line)
        }
        stream.append(line)
    }

    private func writeJSON(_ event: LogEvent, _ metadata: Logger.Metadata, time: String, milliseconds: Int64, to line: inout ByteBuffer) {
        line.writeStaticString(#"{"time":""#)
        line.writeString(time)
        line.writeMilliseconds(milliseconds)
        line.writeStaticString(#"","level":""#)
        line.writeString(event.level.rawValue)
        line.writeStaticString(#"","logger":"#)
        line.writeJSON(string: label)
        line.writeStaticString(#","message":"#)
        line.writeJSON(string: event.message.description)
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            line.writeInteger(UInt8(ascii: ","))
            let isTaken = ["time", "level", "logger", "message"].contains(key)
            line.writeJSON(string: isTaken ? "metadata.\(key)" : key)
            line.writeInteger(UInt8(ascii: ":"))
            line.writeJSON(Self.json(value))
        }
        line.writeStaticString("}\n")
    }

    private func writeText(_ event: LogEvent, _ metadata: Logger.Metadata, time: String, milliseconds: Int64, to line: inout ByteBuffer) {
        line.writeString(String(time.suffix(8)))
        line.writeMilliseconds(milliseconds)
        line.moveWriterIndex(to: line.writerIndex - 1)  // a terminal needs no "Z"
        line.writeString(" \(event.level.rawValue)")
        line.writeRepeatingByte(UInt8(ascii: " "), count: max(1, 9 - event.level.rawValue.utf8.count))
        line.writeString(Self.escaped("\(label): \(event.message)"))
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            line.writeString(" \(Self.escaped(key))=\(Self.escaped(value.description))")
        }
        line.writeInteger(UInt8(ascii: "\n"))
    }

    private static func json(_ value: Logger.Metadata.Value) -> JSONValue {
        switch value {
        case .string(let text): .string(text)
        case .stringConvertible(let thing): .string(thing.description)
        case .array(let values): .array(values.map(json))
        case .dictionary(let values):
            .object(values.sorted { $0.key < $1.key }.map { .init(name: $0.key, value: json($0.value)) })
        }
    }

    /// C0 and C1 control characters and DEL as `\u{1b}`.
    static func escaped(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        var escaped = ""
        for scalar in text.unicodeScalars {
            if isControl(scalar) {
                escaped += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
    }
}
