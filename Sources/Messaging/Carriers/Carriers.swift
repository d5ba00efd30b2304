package import Config
package import Outbound
package import Schema

/// Who carries what, as the file says: `[mail]`, `[sms]`.
package struct Carriers: Sendable {
    private let byChannel: [Notice.Channel: [any Carrier]]

    /// In the order in which they are asked.
    package init(mail: [any Carrier], sms: [any Carrier]) {
        byChannel = [.mail: mail, .sms: sms]
    }

    /// - Parameter directory: where drivers of the kind `file` write.
    package init(_ configuration: Configuration, client: OutboundClient, directory: String) {
        let service = SMSService(client: client)
        self.init(
            mail: [Self.mail(configuration.mail, client, directory)],
            sms: Self.sms(configuration.sms, service, directory))
    }

    package func carriers(of channel: Notice.Channel) -> [any Carrier] { byChannel[channel] ?? [] }

    private static func mail(_ settings: MailSettings, _ client: OutboundClient, _ directory: String) -> any Carrier {
        guard settings.driver == .smtp, let host = settings.host, let colon = host.lastIndex(of: ":"),
            let port = Int(host[host.index(after: colon)...]), let from = settings.from
        else { return FileCarrier(path: "\(directory)/mail.jsonl", from: settings.from) }
        return RelayCarrier(
            client: client, host: String(host[..<colon]), port: port, user: settings.user,
            password: settings.password.map { String(decoding: $0.bytes, as: UTF8.self) }, from: Mailbox(from))
    }

    /// `driver` overrides `providers` (11-precisions 44).
    private static func sms(_ settings: SMSSettings, _ service: SMSService, _ directory: String) -> [any Carrier] {
        let file = FileCarrier(path: "\(directory)/sms.jsonl", from: nil)
        let providers = settings.providers.filter { settings.driver == nil || $0.driver == settings.driver }
        if settings.driver == .file || providers.isEmpty { return [file] }
        return providers.map { provider in
            let key = provider.key.map { String(decoding: $0.bytes, as: UTF8.self) } ?? ""
            switch provider.driver {
            case .kavenegar:
                return KavenegarCarrier(
                    service: service, key: key, line: provider.line, base: provider.url ?? "https://api.kavenegar.com")
            case .smsir:
                return SMSIRCarrier(service: service, key: key, line: provider.line, base: provider.url ?? "https://api.sms.ir")
            case .http:
                return HTTPCarrier(service: service, key: key.isEmpty ? nil : key, line: provider.line, url: provider.url ?? "")
            case .file: return file
            }
        }
    }
}
