internal import JSON
internal import Jobs
internal import Media
internal import NIOCore
internal import Ports
internal import Records

/// `tenant.erase`: removes what a tenant leaves behind. Run again it goes on where it was.
struct TenantErasure: JobHandler {
    /// Of the site now served.
    let library: @Sendable () -> MediaLibrary
    let loop: any EventLoop

    func run(_ job: RunningJob) async throws -> JobConclusion {
        guard let tenant = (try? JSONParser.parse(job.job.payload))?["tenant"]?.string else {
            return .dead(error: "the job names no tenant")
        }
        let library = library()
        try await library.records.erase(tenant: tenant, on: loop) { files in try await library.discard(files) }
        try Task.checkCancellation()
        return .done()
    }
}
