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
}
