internal import Config
internal import Edge
internal import Expressions
internal import JSON
package import Media
internal import NIOCore
internal import NIOHTTP1
package import NIOPosix
package import Ports
internal import Records
internal import Schema

/// `POST /media` and the public files.
package struct MediaRoutes: Sendable {
    private let context: APIContext
    private let library: MediaLibrary
    private let objects: any ObjectStore
    private let threads: NIOThreadPool

    package init(_ context: APIContext, library: MediaLibrary, objects: any ObjectStore, threads: NIOThreadPool) {
        self.context = context
        self.library = library
        self.objects = objects
        self.threads = threads
    }

    func add(to routes: inout RouteTable, describing document: inout OpenAPIDocument) {
        routes.add(.POST, "/api/v1/media", upload)
        routes.add(.GET, "/files/media/{shard}/{hash}/{name}", file)
        routes.add(.GET, "/api/v1/media/{id}/content", content)
        routes.add(.GET, "/api/v1/media/{id}/status", status)
        describe(&document)
    }

    // MARK: Uploading

    @Sendable private func upload(_ call: Call) -> Intake {
        if let refusal = context.refuseQuery(call) { return refusal }
        let type = call.request.headers.first(name: "content-type") ?? ""
        let parser: MultipartParser
        do throws(MultipartError) {
            parser = try MultipartParser(contentType: type)
        } catch {
            guard type.lowercased().hasPrefix("multipart/form-data") else {
                let message = "send the file as Content-Type: multipart/form-data, with the parts kind and file"
                return context.refuse(call, Failure(status: .unsupportedMediaType, code: "UNSUPPORTED_MEDIA_TYPE", message: message))
            }
            return context.refuse(call, .invalid(error.reason))
        }
        switch context.placed(call) {
        case .refused(let refused): return context.refuse(call, Failure(refused))
        case .now(let caller):
            guard let largest = largestUpload(for: caller) else {
                let rules = library.records.schema.mediaKinds.values.compactMap(\.allow)
                let refusal = caller.refusal(
                    by: rules.first(where: \.asksForTenant), in: library.records.schema, "you may not upload files")
                return context.refuse(call, Failure(refusal))
            }
            // Refused before a byte is read where the head tells already; the parts around the file need some room.
            if let length = call.request.headers.first(name: "content-length").flatMap({ Int64($0) }), length > largest + 65_536 {
                return context.refuse(call, UploadSink.tooLarge(largest))
            }
            return .stream(UploadSink(call, .init(caller), largest, parser, library, context))
        case .later(let future):
            return .stream(
                UploadSink(
                    call, .init(future: future), library.records.schema.mediaKinds.values.map(\.declaration.max).max() ?? 0, parser,
                    library, context))
        }
    }

    /// Bytes of the largest kind that the caller may upload; nil: none.
    private func largestUpload(for caller: Caller) -> Int64? {
        library.records.schema.mediaKinds.values.filter { library.admits(caller, $0) }.map(\.declaration.max).max()
    }

    /// How far the work on a file has come.
    @Sendable private func status(_ call: Call) -> Intake {
        context.refuseQuery(call)
            ?? context.respond(call) { caller in
                guard let id = call.parameters.first, UUIDv7.isUUID(id) else { throw Failure.notFound }
                let media = context.records.schema.media
                let fields = Set(Self.statusFields.compactMap { media.field($0)?.index })
                let projection = context.records.projections.custom(media, fields: fields, expanded: Expansions(), for: caller)
                return context.records.read(
                    media, .id(id.lowercased()), projection: projection, for: caller, into: Envelope.open(), on: call.request.eventLoop
                ).flatMapErrorThrowing { error in
                    throw error as? RecordError == .unauthenticated ? RecordError.notFound : error
                }.map { answer in
                    var buffer = answer.buffer
                    Envelope.close(&buffer, requestID: call.request.id)
                    return Response(status: .ok, headers: Resource.privateHeaders, body: .bytes(buffer))
                }
            }
    }

    private static let statusFields = ["status", "error", "variants"]

    // MARK: Serving

    /// Content-addressed, so that it may be kept for ever. Only variants are public: the original may tell where it was taken.
    @Sendable private func file(_ call: Call) -> Intake {
        if let refusal = context.refuseQuery(call) { return refusal }
        let key = "media/" + call.parameters.joined(separator: "/")
        guard let name = call.parameters.last, !name.hasPrefix("original."), let dot = name.lastIndex(of: "."),
            let type = MediaType.allCases.first(where: { $0.fileExtension == name[name.index(after: dot)...] }),
            let path = try? objects.servedPath(key)
        else { return context.refuse(call, .notFound) }
        let tag = "\"\(name)\""
        let headers: HTTPHeaders = [
            "content-type": type.mime, "accept-ranges": "bytes", "cache-control": "public, max-age=31536000, immutable", "etag": tag,
            "cross-origin-resource-policy": "cross-origin", "content-security-policy": "default-src 'none'; sandbox",
        ]
        return .respond(context.finish(call, serve(path, headers, tag: tag, to: call)))
    }

    /// The original, for whoever may read its record or, where the kind is private, a record that holds it (03-expressions 12).
    @Sendable private func content(_ call: Call) -> Intake {
        if let refusal = context.refuseQuery(call) { return refusal }
        return context.respond(call) { caller in
            guard let id = call.parameters.first, UUIDv7.isUUID(id) else { throw Failure.notFound }
            let loop = call.request.eventLoop
            return context.records.write(for: caller, on: loop) { writer, _ in try writer.readableFile(id.lowercased()) }
                .flatMap { file in
                    guard let path = try? objects.servedPath(file.object) else { return loop.makeFailedFuture(Failure.notFound) }
                    let tag = "\"\(file.sha256)\""
                    let headers: HTTPHeaders = [
                        "content-type": file.mime.hasPrefix("text/") ? "\(file.mime); charset=utf-8" : file.mime,
                        "content-disposition": "attachment", "accept-ranges": "bytes",
                        "cache-control": "private, no-cache", "etag": tag, "content-security-policy": "default-src 'none'; sandbox",
                    ]
                    return serve(path, headers, tag: tag, to: call)
                }
        }
    }

    /// A file of this machine, whole or in part.
    private func serve(_ path: String, _ headers: HTTPHeaders, tag: String, to call: Call) -> EventLoopFuture<Response> {
        threads.runIfActive(eventLoop: call.request.eventLoop) { FileSize.of(path) }.flatMapThrowing { size in
            guard let size else { throw Failure.notFound }
            if let header = call.request.headers.first(name: "if-none-match"), EntityTag.matches(header, tag) {
                return Response(status: .notModified, headers: headers)
            }
            // RFC 9110 section 13.1.5: a range of another version would not fit what the client has.
            let condition = call.request.headers.first(name: "if-range")
            let wanted = condition == nil || condition == tag ? call.request.headers.first(name: "range") : nil
            var headers = headers
            switch ByteRange(wanted, size: size) {
            case .whole:
                return Response(status: .ok, headers: headers, body: .file(path: path, offset: 0, length: size))
            case .part(let range):
                headers.add(name: "content-range", value: "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)")
                let length = range.upperBound - range.lowerBound
                return Response(
                    status: .partialContent, headers: headers, body: .file(path: path, offset: range.lowerBound, length: length))
            case .unsatisfiable:
                throw Failure(
                    status: .rangeNotSatisfiable, code: "RANGE_NOT_SATISFIABLE", message: "the file has \(size) bytes",
                    headers: ["content-range": "bytes */\(size)"])
            }
        }
    }

    private func describe(_ document: inout OpenAPIDocument) {
        guard document.isWanted else { return }
        let kinds = library.records.schema.mediaKinds.keys.sorted().map { JSONValue.string($0) }
        guard !kinds.isEmpty else { return }
        let form: JSONValue = [
            "type": "object", "required": ["kind", "file"], "additionalProperties": false,
            "properties": [
                "kind": ["enum": .array(kinds)],
                "file": OpenAPIDocument.binary,
                "alt": ["type": "string"], "title": ["type": "string"],
            ],
        ]
        document.add(
            .POST, "/api/v1/media",
            .init(
                id: "uploadMedia", summary: "Upload a file; its variants follow by a job", tag: "media",
                needsAccount: library.records.schema.mediaKinds.values.allSatisfy { $0.allow?.isNeverForAnonymous ?? true },
                isRepeatable: true, body: OpenAPIDocument.body(form, types: ["multipart/form-data"]),
                successes: [
                    OpenAPIDocument.success(
                        "202", "taken; its status is PENDING", data: OpenAPIDocument.reference(OperationNames("media").singular))
                ],
                failures: ["403", "409"]))
        document.add(
            .GET, "/api/v1/media/{id}/content",
            .init(
                id: "getMediaContent", summary: "The file as it was uploaded", tag: "media",
                parameters: [OpenAPIDocument.parameter("id", in: "path", FieldDescription.id, about: "the id")],
                successes: [
                    OpenAPIDocument.file("the file", types: ["*/*", "application/octet-stream"]),
                    OpenAPIDocument.empty("206", "a part of the file"), OpenAPIDocument.empty("304", "unchanged"),
                ], failures: ["404", "416"]))
        document.add(
            .GET, "/api/v1/media/{id}/status",
            .init(
                id: "getMediaStatus", summary: "How far the work on a file has come", tag: "media", needsAccount: true,
                parameters: [OpenAPIDocument.parameter("id", in: "path", FieldDescription.id, about: "the id of the file")],
                successes: [
                    OpenAPIDocument.success(
                        "200", "its status",
                        data: [
                            "type": "object", "additionalProperties": false, "required": ["id", "status"],
                            "properties": [
                                "id": FieldDescription.id, "status": ["enum": ["PENDING", "COMPLETED", "FAILED"]],
                                "error": ["type": ["string", "null"]], "variants": OpenAPIDocument.variants,
                            ],
                        ])
                ], failures: ["404"]))
        document.add(
            .GET, "/files/media/{shard}/{hash}/{name}",
            .init(
                id: "getFile", summary: "A variant of a public file", tag: "media",
                parameters: ["shard", "hash", "name"].map {
                    OpenAPIDocument.parameter($0, in: "path", ["type": "string", "minLength": 1], about: "as in the file's URL")
                },
                successes: [
                    OpenAPIDocument.file("the file", types: ["image/*", "application/octet-stream"]),
                    OpenAPIDocument.empty("206", "a part of the file"), OpenAPIDocument.empty("304", "unchanged"),
                ], failures: ["404", "416"]))
    }
}
