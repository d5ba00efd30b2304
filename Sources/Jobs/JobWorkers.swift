package import Logging
package import Ports

/// Runs the jobs of all queues. It knows no handler: whoever builds it says which handler does which kind.
///
/// A job of a kind without handler fails like any other and ends up dead, where it can be looked at and retried: it is never discarded.
package final class JobWorkers: Sendable {
    private let queue: any JobQueue
    private let workers: [String: QueueWorker]

    /// - Parameters:
    ///   - handlers: by the kind of job.
    ///   - queues: by name; jobs in other queues wait.
    ///   - worker: names this process in the queue.
    package init(
        queue: any JobQueue, handlers: [String: any JobHandler], queues: [String: QueueOptions], clock: any Clock, random: any Random,
        worker: String, logger: Logger
    ) {
        self.queue = queue
        self.workers = Dictionary(
            uniqueKeysWithValues: queues.map { name, options in
                let worker = QueueWorker(
                    name: name, options: options, queue: queue, handlers: handlers, clock: clock, random: random, worker: worker,
                    logger: logger)
                return (name, worker)
            })
    }

    /// Works until it is drained and every handler has returned. Cancelling its task drains at once. Called once.
    package func run() async {
        let workers = workers
        queue.onReady { names in names.forEach { workers[$0]?.wake() } }
        queue.onCancel { job in workers.values.forEach { $0.stop(job) } }
        await withTaskCancellationHandler {
            await withTaskGroup(of: Void.self) { upkeep in
                workers.values.forEach { worker in upkeep.addTask { await worker.prune() } }
                await withTaskGroup(of: Void.self) { group in
                    for worker in workers.values {
                        worker.wake()
                        group.addTask { await worker.run() }
                    }
                }
                upkeep.cancelAll()
            }
        } onCancel: {
            workers.values.forEach { $0.drain(until: 0) }
        }
    }

    /// Claims nothing more. Running jobs may end until that moment (milliseconds since 1970), then they are cancelled; what does not end
    /// within a second is handed back, its attempt not counted. Returns when every job has ended or is handed back, while `run` waits for
    /// handlers that ignore their cancellation: the process may exit then. Called once, while `run` runs.
    package func drain(until deadline: Int64) async {
        workers.values.forEach { $0.drain(until: deadline) }
        for worker in workers.values { await worker.waitUntilHandedBack() }
    }
}
