/// `[media.<kind>]`
package struct MediaKind: Sendable {
    package var name: String
    package var at: Location
    /// MIME types, decided by content.
    package var accept: [String] = ["image/jpeg", "image/png", "image/webp"]
    /// Bytes.
    package var max: Int64 = 10_000_000
    package enum Visibility: String, Sendable, CaseIterable { case `public`, `private` }
    package var visibility = Visibility.public
    /// Who may upload it by itself; nil: only inside a record's multipart.
    package var allow: Located<String>?
    package var variants: [MediaVariant] = []

    package init(name: String, at: Location) {
        self.name = name
        self.at = at
    }

    /// What `accept` may name: what can be told by content (`MediaType`).
    package static let knownTypes = [
        "image/jpeg", "image/png", "image/webp", "image/gif", "image/avif", "image/heic", "application/pdf",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation", "application/msword", "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint", "application/zip", "audio/mpeg", "audio/mp3", "audio/aac", "audio/wav", "audio/x-wav",
        "audio/ogg", "audio/flac", "audio/x-flac", "audio/mp4", "audio/x-m4a", "audio/webm", "video/webm", "text/plain", "text/csv",
        "text/markdown", "application/json",
    ]
}

/// `[media.<kind>.variants] <name> = { … }`
package struct MediaVariant: Sendable, Hashable {
    package enum Format: String, Sendable, CaseIterable { case webp, avif, jpeg, png }
    package enum Fit: String, Sendable, CaseIterable { case inside, cover, contain }
    package var name: String
    package var format = Format.webp
    /// 1 to 100.
    package var quality = 80
    package var fit = Fit.inside
    /// Pixels; nil keeps the size of the original. Never enlarged.
    package var width: Int?
    package var height: Int?
    /// Left out, not failed, when the encoder is missing.
    package var optional = false

    package init(name: String) {
        self.name = name
    }
}
