internal import JSON
package import Jobs
package import Ports
internal import Records
internal import Schema

/// `mail.send`, `sms.send`: takes a message to its recipient, by its ways in their order, of each by its carriers in theirs.
///
/// The next is asked only after one that has surely not taken it. Where that is not known the same one is asked again later, with the same id, and
/// nobody else, until the attempts are used up.
package struct MessageDelivery: JobHandler {
    private let carriers: @Sendable () -> Carriers
    private let open: @Sendable ([UInt8]) -> [UInt8]?
    private let queue: any JobQueue
    private let clock: any Clock
    /// Told of a message that came too late: its notification.
    private let tooLate: @Sendable (String, _ job: String) -> Void

    /// - Parameters:
    ///   - carriers: of the site now served.
    ///   - open: undoes the `Seal` of the records.
    ///   - tooLate: told the notification, and the job, of a message whose time was over before it could be sent.
    package init(
        carriers: @escaping @Sendable () -> Carriers, open: @escaping @Sendable ([UInt8]) -> [UInt8]?, queue: any JobQueue,
        clock: any Clock, tooLate: @escaping @Sendable (String, _ job: String) -> Void
    ) {
        self.clock = clock
        self.tooLate = tooLate
        self.carriers = carriers
        self.open = open
        self.queue = queue
    }

    package func run(_ job: RunningJob) async throws -> JobConclusion {
        guard let payload = try? JSONParser.parse(job.payload)["sealed"]?.string, let sealed = Base64.decodeURL(payload),
            let bytes = open(sealed), let json = try? JSONParser.parse(bytes), let message = Message(json)
        else { return .dead(error: "the message cannot be read: it was sealed with another key") }
        if message.isForNobody { return Self.done(by: "nobody") }
        if let end = message.expiresAt, clock.now() >= end {
            tooLate(message.notice, job.claim.job)
            return .dead(error: "not sent: its time was over")
        }
        return try await Self.carry(message, as: job.claim.job, by: carriers(), pinned: try await pinnedStep(of: job))
    }

    /// One try. A failure of which nobody knows whether the message was taken names the step (`UnknownOutcome`), which the next try gets as
    /// `pinned`.
    static func carry(_ message: Message, as id: String, by carriers: Carriers, pinned: Int?) async throws -> JobConclusion {
        let steps = message.routes.flatMap { route in carriers.carriers(of: route.channel).map { (route, $0) } }
        guard !steps.isEmpty else { return .dead(error: "nobody carries it") }
        let first = min(pinned ?? 0, steps.count - 1)
        var refusals: [CarrierFailure] = []
        for index in first..<steps.count {
            let (route, carrier) = steps[index]
            do {
                try await carrier.carry(Parcel(id: id, notice: message.notice, at: message.at, route: route))
                return done(by: carrier.name)
            } catch let failure as CarrierFailure {
                if failure.certainty == .unknown || pinned != nil {
                    throw UnknownOutcome(step: index, description: "\(carrier.name): \(failure)")
                }
                refusals.append(CarrierFailure(failure.certainty, "\(carrier.name): \(failure)"))
            }
        }
        let reasons = refusals.map(\.description).joined(separator: "; ")
        if refusals.allSatisfy({ $0.certainty == .refusedForGood }) { return .dead(error: reasons) }
        throw CarrierFailure(.refused, reasons)
    }

    private static func done(by name: String) -> JobConclusion {
        .done(result: Array(JSONValue.object(["by": .string(name)]).text.utf8))
    }

    /// The one that alone may be asked, because what became of an earlier try is not known.
    private func pinnedStep(of job: RunningJob) async throws -> Int? {
        guard job.job.attempt > 1, let error = try await queue.job(job.claim.job)?.error else { return nil }
        return UnknownOutcome.step(in: error)
    }
}

/// The failure of an attempt of which nobody knows whether the message was taken; kept as the job's error, which the next attempt reads.
struct UnknownOutcome: Error, CustomStringConvertible {
    private static let prefix = "outcome unknown, step "

    var description: String

    init(step: Int, description: String) {
        self.description = "\(Self.prefix)\(step + 1): \(description)"
    }

    static func step(in error: String) -> Int? {
        guard error.hasPrefix(prefix) else { return nil }
        return Int(error.dropFirst(prefix.count).prefix { $0.isNumber }).flatMap { $0 > 0 ? $0 - 1 : nil }
    }
}
