internal import Config
internal import Crypto
package import Expressions
internal import Glibc
internal import JSON
package import NIOCore
package import NIOPosix
package import Ports
package import Records
package import Schema

/// Uploaded files as records: taken in, checked by content, stored, and their variants made by a job (08-media).
package final class MediaLibrary: Sendable {
    /// The kind of job that makes the variants, and its queue.
    package static let jobKind = "media.variants"
    package static let queue = "media"

    package let records: Records
    let objects: any ObjectStore
    private let temporaryDirectory: String
    private let threads: NIOThreadPool
    private let attempts: Int

    package init(
        records: Records, objects: any ObjectStore, temporaryDirectory: String, threads: NIOThreadPool, attempts: Int
    ) {
        self.records = records
        self.objects = objects
        self.temporaryDirectory = temporaryDirectory
        self.threads = threads
        self.attempts = attempts
    }

    /// A file that begins to arrive.
    package func upload(maximum: Int64) -> UploadFile {
        UploadFile(directory: temporaryDirectory, maximum: maximum, threads: threads)
    }

    package func kind(_ name: String) -> CompiledMediaKind? { records.schema.mediaKinds[name] }

    /// Whether the caller may upload files of that kind by themselves.
    package func admits(_ caller: Caller, _ kind: CompiledMediaKind) -> Bool {
        guard let rule = kind.allow, caller.key?.scopes?.permits("create", in: "media") ?? true else { return false }
        return rule.outcome(for: caller.environment) == .always
    }

    package struct Upload: Sendable {
        package var kind: CompiledMediaKind
        package var file: UploadFile.Finished
        package var filename: String?
        package var alt: String?
        package var title: String?
        package var requestID: String

        package init(
            kind: CompiledMediaKind, file: UploadFile.Finished, filename: String?, alt: String?, title: String?, requestID: String
        ) {
            self.kind = kind
            self.file = file
            self.filename = filename
            self.alt = alt
            self.title = title
            self.requestID = requestID
        }
    }

    /// Checks the file, stores it, and commits its record together with its job. Whatever fails, the file is gone.
    package func store(
        _ upload: Upload, for caller: Caller, into buffer: ByteBuffer, on loop: any EventLoop
    ) -> EventLoopFuture<WrittenRecord> {
        let path = upload.file.path
        return records.firstAnswer(in: records.schema.media, for: caller, into: buffer, on: loop).flatMap { [self] first in
            if let first { return loop.makeSucceededFuture(first) }
            return threads.runIfActive(eventLoop: loop) { try Self.check(upload) }.flatMap { [self] content in
                let directory = Self.directory(upload.file.sha256, tenant: caller.environment.tenant?.id)
                let key = "\(directory)/original.\(content.type.fileExtension)"
                return loop.makeFutureWithTask { [self] in
                    try await objects.put(key, fileAt: path, contentType: content.mime)
                }.flatMap { [self] in commit(upload, content, key, for: caller, into: buffer, on: loop) }
            }
        }.always { _ in unlink(path) }
    }

    /// Content-addressed: the same file has the same place, within each tenant a place of its own (08-media), which goes with the tenant.
    static func directory(_ sha256: String, tenant: String?) -> String {
        let place = tenant.map { Hexadecimal.text(SHA256.hash(data: Array("\($0)/\(sha256)".utf8))) } ?? sha256
        return "media/\(place.prefix(2))/\(place.dropFirst(2).prefix(38))"
    }

    /// Takes out of the store what lies in the places that are a tenant's own; their records are about to go.
    package func discard(_ files: [Row]) async throws {
        let media = records.schema.media
        for file in files {
            guard let owner = media.shape.anyTenant, case .text(let tenant) = file.values[owner],
                case .text(let sha256) = file.value("sha256", in: media), case .text(let object) = file.value("object", in: media)
            else { continue }
            // What was stored before files belonged to tenants may be shared with others.
            let place = Self.directory(sha256, tenant: tenant) + "/"
            var paths: [String] = []
            if case .text(let text) = file.value("variants", in: media), case .object(let variants)? = try? JSONParser.parse(text) {
                paths = variants.compactMap { $0.value["url"]?.string }
            }
            for key in [object] + paths.map(Self.key(ofServed:)) where key.hasPrefix(place) { try await objects.remove(key) }
        }
    }

    static let served = "/files/"

    /// The key of what is served at that path.
    static func key(ofServed path: String) -> String { path.hasPrefix(served) ? String(path.dropFirst(served.utf8.count)) : path }

    /// What a file is; other files than images have no header.
    private struct Content {
        var type: MediaType
        /// What its kind calls it.
        var mime: String
        var header: ImageHeader?
    }

    /// The type by content, and of an image the size before any decoding. Throws `FieldFault` at `file`.
    private static func check(_ upload: Upload) throws -> Content {
        func fault(_ code: String, _ message: String) -> FieldFault { FieldFault(path: "file", code: code, message: message) }
        guard upload.file.size > 0 else { throw fault("required", "the file is empty") }
        let accepted = upload.kind.declaration.accept
        let descriptor = open(upload.file.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StoreError.unavailable("cannot open an upload") }
        defer { close(descriptor) }
        func read(_ offset: Int64, _ count: Int) -> [UInt8] {
            var bytes = [UInt8](repeating: 0, count: count)
            let got = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, off_t(offset)) }
            return Array(bytes.prefix(max(0, got)))
        }
        let types = try FileContent.types(size: upload.file.size) { read($0, $1) }
        func first(of types: [MediaType]) -> (MediaType, String)? {
            for mime in accepted {
                if let type = types.first(where: { $0.mimes.contains(mime) }) { return (type, mime) }
            }
            return nil
        }
        // Texts of all kinds look alike: the first that is taken. Anything else is the most particular that it can be.
        let named = types.lazy.filter { !$0.isWritten }.compactMap { first(of: [$0]) }.first ?? first(of: types)
        guard let (type, mime) = named else {
            throw fault("media_type", "its content must be one of \(accepted.joined(separator: ", ")), whatever its name says")
        }
        guard type.isImage else { return Content(type: type, mime: mime) }
        do {
            let header = try ImageHeader.read(size: upload.file.size) { read($0, $1) }
            try ImageLimits().check(width: header.width, height: header.height, pages: header.frames, interlaced: header.interlaced)
            return Content(type: header.type, mime: mime, header: header)
        } catch let error as MediaError {
            switch error {
            case .tooLarge(let reason): throw fault("dimensions", reason)
            default: throw fault("corrupt", error.reason)
            }
        }
    }

    private func commit(
        _ upload: Upload, _ content: Content, _ key: String, for caller: Caller, into buffer: ByteBuffer, on loop: any EventLoop
    ) -> EventLoopFuture<WrittenRecord> {
        let media = records.schema.media
        var values: [Int: Value] = [:]
        func set(_ name: String, _ value: Value) {
            if let field = media.field(name) { values[field.index] = value }
        }
        func text(_ text: String?) -> Value {
            text.map { .text(String(NormalizedText.nfc($0).unicodeScalars.filter { $0.value >= 0x20 }.prefix(255).map(Character.init))) }
                ?? .null
        }
        set("kind", .text(upload.kind.declaration.name))
        // Variants are made of images alone; any other file is complete as it is.
        set("status", .text(content.header == nil ? "COMPLETED" : "PENDING"))
        // A path is no name: what counts is behind its last separator.
        let name = upload.filename?.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last.map(String.init)
        set("filename", text(name == ".." || name == "." ? nil : name))
        set("alt", text(upload.alt))
        set("title", text(upload.title))
        set("mime", .text(content.mime))
        set("size", .int(upload.file.size))
        set("width", content.header.map { .int(Int64($0.width)) } ?? .null)
        set("height", content.header.map { .int(Int64($0.height)) } ?? .null)
        set("uploader", caller.environment.me.map { .text($0.id) } ?? .null)
        set("object", .text(key))
        set("sha256", .text(upload.file.sha256))
        return records.writeAndRead(media, for: caller, into: buffer, on: loop) {
            [attempts, values, isImage = content.header != nil] writer in
            let row = try writer.create(media, Draft(), adding: values, asksRule: false)
            guard isImage else { return row }
            let payload: JSONValue = ["media": .string(row.id)]
            _ = try writer.enqueue(
                NewJob(
                    kind: Self.jobKind, queue: Self.queue, payload: Array(payload.text.utf8), maxAttempts: attempts,
                    record: JobRecord(collection: media.name, id: row.id), requestID: upload.requestID))
            return row
        }
    }
}
