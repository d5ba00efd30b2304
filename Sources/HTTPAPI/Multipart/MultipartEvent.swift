package import NIOCore

/// What a multipart body consists of, in its order: `begin`, any number of `data`, `end`, for each part.
package enum MultipartEvent: Sendable, Equatable {
    case begin(MultipartPart)
    /// Never empty.
    case data(ByteBuffer)
    case end
}

/// The head of a part (RFC 7578 section 4).
package struct MultipartPart: Sendable, Equatable {
    package var name: String
    /// As the client says; for display only, never as a path.
    package var filename: String?
    /// As the client says; lower-case, without parameters.
    package var contentType: String?

    package init(name: String, filename: String? = nil, contentType: String? = nil) {
        self.name = name
        self.filename = filename
        self.contentType = contentType
    }
}

package struct MultipartLimits: Sendable {
    package var parts = 100
    /// Bytes of all header lines of a part.
    package var headers = 8192
    /// Bytes of `name` and of `filename`, each: 255 letters of any script and more.
    package var name = 2_048
    /// Bytes before the first boundary and after the last.
    package var surroundings = 1024

    package init() {}
}

/// Why a body is refused; the reason is for the client.
package struct MultipartError: Error, Sendable, Equatable {
    package var reason: String

    package init(_ reason: String) { self.reason = reason }
}
