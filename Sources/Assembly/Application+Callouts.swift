internal import Callouts
internal import Config
internal import Outbound
internal import Records

/// What of a site those need who speak to other programs.
extension Application {
    var deliveries: DeliveryJob.Site {
        DeliveryJob.Site(
            records: records, webhooks: site.configuration.webhooks,
            addresses: AddressGuard(allowing: site.configuration.server.allowPrivate))
    }

    var services: ServiceJob.Site {
        let timeouts = Dictionary(site.configuration.queues.map { ($0.name, $0.timeout) }) { first, _ in first }
        return ServiceJob.Site(records: records, jobs: site.configuration.jobs, timeouts: timeouts)
    }
}

extension Configuration {
    /// Those that Atlas has by itself (11-precisions 33), then the file's own.
    var queueNames: [String] {
        let own = ["default", "media", "mail", "sms", "webhooks", "exports", "documents", "maintenance"]
        return own + queues.map(\.name).filter { !own.contains($0) }
    }
}
