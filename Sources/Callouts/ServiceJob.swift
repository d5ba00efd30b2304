package import Config
internal import Expressions
internal import JSON
package import Jobs
package import NIOCore
package import Outbound
package import Ports
package import Records
internal import Schema

/// `job.run`: hands a record to a service of the operator's and writes what it answers, in the commit that ends the job (11-precisions 32).
package struct ServiceJob: JobHandler {
    /// What a job needs of the site now served.
    package struct Site: Sendable {
        var records: Records
        var jobs: [JobDeclaration]
        /// Milliseconds of one try, by queue.
        var timeouts: [String: Int64]

        package init(records: Records, jobs: [JobDeclaration], timeouts: [String: Int64]) {
            self.records = records
            self.jobs = jobs
            self.timeouts = timeouts
        }
    }

    private static let longestAnswer = 16 << 20
    private let current: @Sendable () -> Site
    private let client: OutboundClient
    private let objects: any ObjectStore
    private let loop: any EventLoop

    package init(current: @escaping @Sendable () -> Site, client: OutboundClient, objects: any ObjectStore, loop: any EventLoop) {
        self.current = current
        self.client = client
        self.objects = objects
        self.loop = loop
    }

    package func run(_ job: RunningJob) async throws -> JobConclusion {
        let site = current()
        guard let name = (try? JSONParser.parse(job.payload))?["name"]?.string, let plan = site.records.schema.jobs[name],
            let declared = site.jobs.first(where: { $0.name == name })
        else { return .dead(error: "the file has no such job any more") }
        guard case .http(let http) = declared.handler else { return .dead(error: "programs are not run in this version") }
        // A job that was cancelled meanwhile has nothing to say to its record.
        try await job.report(progress: 0)
        let record = job.record?.id
        let begun = try await site.records.write(for: .system(now: site.records.clock.now()), on: loop) { writer, transaction in
            if plan.collection != nil {
                guard let record, let row = try writer.begin(plan, on: record) else { return ServiceParts?.none }
                return try ServiceParts(plan, http, row: row, in: transaction, now: site.records.clock.now())
            }
            return try ServiceParts(plan, http, row: nil, in: transaction, now: site.records.clock.now())
        }.get()
        guard let parts = begun else { return .dead(error: "its record is gone, or in a state where the job has no place") }
        let answer: String
        do {
            answer = try await ask(http, parts, job, plan, site)
        } catch let error as ServiceFailure {
            return try await fail(job, plan, error.text, site)
        } catch let error as OutboundError {
            return try await fail(job, plan, "\(error)", site)
        }
        return try await complete(job, plan, answer, site)
    }

    private struct ServiceFailure: Error {
        var text: String
    }

    // MARK: Asking

    private func ask(_ http: HTTPHandler, _ parts: ServiceParts, _ job: RunningJob, _ plan: JobPlan, _ site: Site) async throws -> String {
        var request = OutboundRequest(http.method.rawValue, http.url)
        request.timeout = plan.timeout ?? site.timeouts[plan.work.queue] ?? 300_000
        request.maximumAnswer = Self.longestAnswer
        request.headers = parts.headers + [("idempotency-key", job.claim.job)]
        var lent: [String] = []
        if let type = parts.contentType(boundary: job.claim.job) { request.headers.append(("content-type", type)) }
        do {
            for piece in parts.body(boundary: job.claim.job) {
                switch piece {
                case .bytes(let bytes): request.body.append(.bytes(bytes))
                case .object(let key, let size):
                    let path = try await objects.localFile(key)
                    lent.append(path)
                    request.body.append(.file(path: path, size: size))
                }
            }
            let answer = try await client.send(request)
            for path in lent { await objects.release(path) }
            guard (200..<300).contains(answer.status) else { throw ServiceFailure(text: "the service answered \(answer.status)") }
            if answer.body.isEmpty { return "null" }
            guard let json = try? JSONParser.parse(answer.body) else { throw ServiceFailure(text: "the service answered no JSON") }
            return json.text
        } catch {
            for path in lent { await objects.release(path) }
            throw error
        }
    }

    // MARK: Ending

    /// The end of the job and what it brings are one commit; a late answer of a job that was cancelled changes nothing.
    private func complete(_ job: RunningJob, _ plan: JobPlan, _ answer: String, _ site: Site) async throws -> JobConclusion {
        let record = job.record?.id
        do {
            try await site.records.end(job.claim, on: loop) { writer, _ in
                if let record { try writer.complete(plan, on: record, answer: answer) }
            }.get()
        } catch let error as RecordError {
            return try await fail(job, plan, "what the service answered does not fit: \(error)", site)
        }
        return .finished
    }

    private func fail(_ job: RunningJob, _ plan: JobPlan, _ error: String, _ site: Site) async throws -> JobConclusion {
        let (record, outcome) = (job.record?.id, job.failure(error))
        try await site.records.end(job.claim, as: outcome, on: loop) { writer, _ in
            if case .failed(_, nil) = outcome, let record { try writer.fail(plan, on: record, error: error) }
        }.get()
        return .finished
    }
}
