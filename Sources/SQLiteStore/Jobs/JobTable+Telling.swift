import Ports

/// What becomes of a job is told to who has started it, where `[realtime]` names jobs.
extension JobTable {
    func tell(of job: String, startedBy: String?, _ name: String) throws {
        guard let events, events.tellsJobs, let startedBy else { return }
        try events.append(
            NewEvent(record: JobRecord(collection: "jobs", id: job), name: name, audience: startedBy, at: clock.now()))
    }

    /// The same where the job's starter is not at hand.
    func tell(of job: String) throws {
        guard events?.tellsJobs == true, let status = try view.job(job) else { return }
        try tell(of: job, startedBy: status.startedBy, "updated")
    }
}
