package import Ports

/// A key that has been checked: `[a-z0-9._/-]`, at most 200 bytes, no empty segment, none that begins with a dot.
package struct ObjectKey: Sendable, Hashable {
    package let text: String

    package init(_ text: String) throws(ObjectStoreError) {
        let bytes = Array(text.utf8)
        guard (1...200).contains(bytes.count), bytes.allSatisfy(Self.isAllowed) else { throw .badKey(text) }
        for segment in bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            guard let first = segment.first, first != UInt8(ascii: ".") else { throw .badKey(text) }
        }
        self.text = text
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "/"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// The directories on the way, outermost first: `a`, `a/b` for `a/b/c`.
    var directories: [String] {
        let segments = text.split(separator: "/")
        return (1..<max(1, segments.count)).map { segments[..<$0].joined(separator: "/") }
    }

    /// The directory the object lies in; "." for the root.
    var directory: String { directories.last ?? "." }

    var name: String { String(text.split(separator: "/").last ?? "") }
}
