internal import Config
internal import Expressions
internal import Glibc
internal import JSON
package import Jobs
package import NIOCore
internal import Ports
internal import Records
internal import Schema

/// `media.variants`: decodes an original in a helper process and publishes its variants, all of them in one commit with the end of the job.
/// A crash at any moment leads to exactly one set: files are content-addressed, and only the commit names them.
package struct VariantsJob: JobHandler {
    private let current: @Sendable () -> MediaLibrary
    private let helpers: MediaHelperPool
    private let loop: any EventLoop

    /// - Parameter current: the library of the site now served; a reload may have brought new kinds and variants.
    package init(current: @escaping @Sendable () -> MediaLibrary, helpers: MediaHelperPool, loop: any EventLoop) {
        self.current = current
        self.helpers = helpers
        self.loop = loop
    }

    package func run(_ job: RunningJob) async throws -> JobConclusion {
        try await VariantsAttempt(library: current(), helpers: helpers, loop: loop).run(job)
    }
}

/// One run of the job, from its first line to its last with the same site.
private struct VariantsAttempt {
    let library: MediaLibrary
    let helpers: MediaHelperPool
    let loop: any EventLoop

    private var media: Collection { library.records.schema.media }

    func run(_ job: RunningJob) async throws -> JobConclusion {
        guard let id = job.record?.id else { return .dead(error: "the job names no file") }
        let original = try await library.records.write(for: .system(now: library.records.clock.now()), on: loop) { _, transaction in
            try transaction.row(in: "media", id: id)
        }.get()
        guard let original, case .text(let key) = original.value("object", in: media),
            case .text(let kindName) = original.value("kind", in: media), original.value("status", in: media) == .text("PENDING")
        else { return .done() }
        guard let kind = library.kind(kindName) else { return .dead(error: "there is no kind of media '\(kindName)' any more") }
        do {
            let result = try await make(key, kind)
            if try await end(job, original, values(of: result), outcome: .done(result: nil)) { return .finished }
            for path in result.paths { try await library.objects.remove(MediaLibrary.key(ofServed: path)) }
            return .finished
        } catch let error as MediaError where !error.isTransient || job.isLastAttempt {
            _ = try await end(job, original, failed(error.reason), outcome: .done(result: nil))
            return .finished
        } catch  where job.isLastAttempt && !Task.isCancelled {
            // Nobody tries again: who waits for the file hears so, and the dead job keeps the cause.
            _ = try await end(
                job, original, failed("it could not be processed"), outcome: .failed(error: "\(error)", retryAt: nil))
            return .finished
        }
    }

    private func failed(_ reason: String) -> [String: Value] {
        ["status": .text("FAILED"), "error": .text(reason)]
    }

    private struct Published: Sendable {
        var result: MediaResult
        var paths: [String]
    }

    private func make(_ key: String, _ kind: CompiledMediaKind) async throws -> Published {
        let plan = MediaPlan(
            variants: kind.declaration.variants.map { variant in
                MediaPlan.Variant(
                    name: variant.name, format: MediaPlan.Format(rawValue: variant.format.rawValue) ?? .webp, quality: variant.quality,
                    fit: MediaPlan.Fit(rawValue: variant.fit.rawValue) ?? .inside, width: variant.width, height: variant.height,
                    optional: variant.optional)
            })
        let path = try await library.objects.localFile(key)
        let result: MediaResult
        do {
            result = try await helpers.process(path, plan: plan)
            await library.objects.release(path)
        } catch {
            await library.objects.release(path)
            throw error
        }
        defer { for variant in result.variants { unlink(variant.path) } }
        let directory = key.split(separator: "/").dropLast().joined(separator: "/")
        var paths: [String] = []
        for variant in result.variants {
            let type = MediaType(mime: variant.mime)
            let name = "\(directory)/\(variant.name)-\(variant.sha256.prefix(16)).\(type?.fileExtension ?? "bin")"
            try await library.objects.put(name, fileAt: variant.path, contentType: variant.mime)
            paths.append(MediaLibrary.served + name)
        }
        return Published(result: result, paths: paths)
    }

    private func values(of published: Published) -> [String: Value] {
        let result = published.result
        let made = Array(zip(result.variants, published.paths))
        let variants = JSONValue.object(
            made.map { variant, path in
                JSONMember(
                    name: variant.name,
                    value: [
                        "url": .string(path), "width": .integer(Int64(variant.width)), "height": .integer(Int64(variant.height)),
                        "mime": .string(variant.mime), "size": .integer(variant.size),
                    ])
            })
        // The original may tell where it was taken: what is public is its largest variant, stripped of that.
        let largest = made.max { $0.0.width < $1.0.width }
        return [
            "status": .text("COMPLETED"), "width": .int(Int64(result.width)), "height": .int(Int64(result.height)),
            "variants": .text(variants.text), "thumbhash": .text(result.thumbHash), "color": .text(result.color),
            "url": largest.map { .text($0.1) } ?? .null,
        ]
    }

    /// Writes the record and ends the job in one commit; a stale claim changes nothing. False where the file went with its tenant meanwhile.
    private func end(_ job: RunningJob, _ original: Row, _ values: [String: Value], outcome: JobOutcome) async throws -> Bool {
        let claim = job.claim
        let media = media
        let tenants = library.records.schema.tenancy?.tenants
        let indexed = Dictionary(
            values.compactMap { name, value in media.field(name).map { ($0.index, value) } }, uniquingKeysWith: { first, _ in first })
        return try await library.records.write(for: .system(now: library.records.clock.now()), on: loop) { writer, transaction in
            guard try transaction.jobs.finish(claim, as: outcome) else { return true }
            if try writer.set(indexed, of: media, id: original.id) != nil { return true }
            guard let tenants, let owner = media.shape.anyTenant, case .text(let tenant) = original.values[owner] else { return true }
            return try transaction.row(in: tenants.name, id: tenant) != nil
        }.get()
    }
}
