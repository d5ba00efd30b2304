internal import Config
internal import Edge
internal import Expressions
internal import Media
internal import NIOCore
internal import NIOHTTP1
internal import Ports
internal import Records
internal import Schema
internal import Synchronization

/// Takes a multipart upload as it arrives: `kind`, `file`, and optionally `alt` and `title`. Nothing of the file is kept in memory.
final class UploadSink: BodySink {
    /// Who uploads, known now or soon.
    enum Uploader: Sendable {
        case known(Caller)
        case fetched(EventLoopFuture<Result<Caller, ResolvedCaller.Refused>>)

        init(_ caller: Caller) { self = .known(caller) }
        init(future: EventLoopFuture<Result<Caller, ResolvedCaller.Refused>>) { self = .fetched(future) }
    }

    private struct State {
        var parser: MultipartParser
        var part: MultipartPart?
        var file: UploadFile?
        var filename: String?
        var texts: [String: String] = [:]
        var faults: [FieldFault] = []
        var fileEnded = false
    }

    private static let textLimit = 2_000

    private let call: Call
    private let uploader: Uploader
    private let maximum: Int64
    private let library: MediaLibrary
    private let context: APIContext
    private let state: Mutex<State>

    init(_ call: Call, _ uploader: Uploader, _ maximum: Int64, _ parser: MultipartParser, _ library: MediaLibrary, _ context: APIContext) {
        self.call = call
        self.uploader = uploader
        self.maximum = maximum
        self.library = library
        self.context = context
        state = Mutex(State(parser: parser))
    }

    private var loop: any EventLoop { call.request.eventLoop }

    func receive(_ piece: ByteBuffer) -> EventLoopFuture<Void> {
        do {
            let writes: [(UploadFile, ByteBuffer)] = try state.withLock { state in
                var writes: [(UploadFile, ByteBuffer)] = []
                for event in try state.parser.feed(piece) {
                    if let write = try take(event, &state) { writes.append(write) }
                }
                return writes
            }
            var future = loop.makeSucceededVoidFuture()
            for (file, data) in writes { future = future.flatMap { [loop] in file.write(data, on: loop) } }
            return future
        } catch {
            return loop.makeFailedFuture(error)
        }
    }

    private func take(_ event: MultipartEvent, _ state: inout State) throws -> (UploadFile, ByteBuffer)? {
        switch event {
        case .begin(let part):
            state.part = part
            switch part.name {
            case "file" where state.file == nil:
                state.file = library.upload(maximum: maximum)
                state.filename = part.filename
            case "kind", "alt", "title":
                if state.texts.updateValue("", forKey: part.name) != nil { throw Self.fault(part.name, "duplicate", "occurs twice") }
            case "file": throw Self.fault("file", "duplicate", "occurs twice")
            default: throw Self.fault(part.name, "unknown", "there is no such part; known: kind, file, alt, title")
            }
        case .data(let data):
            guard let part = state.part else { return nil }
            if part.name == "file" { return state.file.map { ($0, data) } }
            let text = String(buffer: data)
            state.texts[part.name, default: ""] += text
            if (state.texts[part.name]?.utf8.count ?? 0) > Self.textLimit { throw Self.fault(part.name, "max", "is too long") }
        case .end:
            if state.part?.name == "file" { state.fileEnded = true }
            state.part = nil
        }
        return nil
    }

    private static func fault(_ path: String, _ code: String, _ message: String) -> Failure {
        .invalid([FieldFault(path: path, code: code, message: message)])
    }

    func finish(_ failure: (any Error)?) -> EventLoopFuture<Response> {
        if let failure {
            abandon()
            return context.finish(call, loop.makeFailedFuture(Self.translated(failure)))
        }
        let caller: EventLoopFuture<Caller> =
            switch uploader {
            case .known(let caller): loop.makeSucceededFuture(caller)
            case .fetched(let future): future.flatMapThrowing { try $0.get() }
            }
        let answer: EventLoopFuture<Response> = caller.flatMap { [self] caller in
            do {
                return try store(for: caller)
            } catch {
                abandon()
                return loop.makeFailedFuture(Self.translated(error))
            }
        }
        return context.finish(
            call,
            answer.flatMapErrorThrowing { [self] error in
                abandon()
                throw Self.translated(error)
            })
    }

    private func store(for uploader: Caller) throws -> EventLoopFuture<Response> {
        let (file, filename, texts) = try state.withLock { state in
            try state.parser.finish()
            return (state.fileEnded ? state.file : nil, state.filename, state.texts)
        }
        var faults: [FieldFault] = []
        let kind = texts["kind"].flatMap { library.kind($0) }
        if texts["kind"] == nil {
            faults.append(FieldFault(path: "kind", code: "required", message: "is required"))
        } else if kind == nil {
            faults.append(FieldFault(path: "kind", code: "enum", message: "there is no such kind of media"))
        }
        if file == nil { faults.append(FieldFault(path: "file", code: "required", message: "is required")) }
        guard faults.isEmpty, let kind, let file else { throw Failure.invalid(faults) }
        guard library.admits(uploader, kind) else {
            throw uploader.refusal(by: kind.allow, in: context.records.schema, "you may not upload files of this kind")
        }
        let key = try APIContext.answerKey(uploader, call)
        return file.finish(atMost: kind.declaration.max, on: loop).flatMap { [self] finished in
            let upload = MediaLibrary.Upload(
                kind: kind, file: finished, filename: filename, alt: texts["alt"], title: texts["title"], requestID: call.request.id)
            let repetition = key.map { Repetition(key: $0, digest: Self.digest(texts, filename, finished)) }
            let caller = repetition.map { uploader.marked(by: $0) } ?? uploader
            return library.store(upload, for: caller, into: Envelope.open(), on: loop).map { [self] written in
                var buffer = written.answer.buffer
                Envelope.close(&buffer, requestID: call.request.id)
                var headers = Envelope.jsonHeaders
                headers.add(name: "location", value: "/api/v1/media/\(written.row.id)")
                return Response(status: .accepted, headers: headers, body: .bytes(buffer))
            }
        }
    }

    /// The names of parts hold no colon, so that those of the file are nobody else's.
    private static func digest(_ texts: [String: String], _ filename: String?, _ file: UploadFile.Finished) -> [UInt8] {
        var parts = texts
        parts["file:sha256"] = file.sha256
        parts["file:name"] = filename
        return APIContext.digest(ofParts: parts)
    }

    func abandon() {
        state.withLock { $0.file }?.abandon()
    }

    static func tooLarge(_ limit: Int64) -> Failure {
        Failure(status: .payloadTooLarge, code: "TOO_LARGE", message: "a file may have at most \(limit) bytes")
    }

    private static func translated(_ error: any Error) -> any Error {
        switch error {
        case let error as MultipartError: Failure.invalid(error.reason)
        case UploadFile.Failure.tooLarge(let limit): tooLarge(limit)
        case UploadFile.Failure.unavailable: Failure.unavailable("files cannot be stored just now")
        case let error as ObjectStoreError where error != .notFound(""): Failure.unavailable("files cannot be stored just now")
        default: error
        }
    }
}
