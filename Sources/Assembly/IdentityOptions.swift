internal import Config
internal import Identity
internal import Logging
internal import Outbound
internal import Records

extension PhoneSignIn.Options {
    /// What the file says of codes. A budget that is used up is told the operator once a day, not with each request.
    init(_ site: Site, log: Logger) {
        let otp = site.configuration.auth.otp
        let said = SeldomSaid(every: 86_400_000)
        self.init(
            digits: otp.digits, lifetime: otp.ttl, attempts: otp.attempts, perPhone: Proofs.Bound(otp.perPhone),
            countries: Set(otp.countries), budget: otp.budget.map { Proofs.Bound($0) },
            region: PhoneNumber.region(ofLocale: site.configuration.app.locale)
        ) { now, wait in
            guard said.count(at: now) != nil else { return }
            log.warning(
                "the budget of codes is used up: nobody is sent another for now; raise it if people have asked for these",
                metadata: ["key": "auth.otp.budget", "budget": "\(otp.budget?.count ?? 0)", "seconds": "\((wait + 999) / 1_000)"])
        }
    }
}

extension Addresses.Options {
    /// What the file says of addresses. Newcomers are asked where it says how.
    init(_ site: Site, codes: PhoneSignIn.Options) {
        let auth = site.configuration.auth
        self.init(lifetime: auth.verifyEmail.ttl, asksNewcomers: auth.verifyEmail.notice != nil, codes: auth.sendsCodes ? codes : nil)
    }
}

extension Proofs.Bound {
    fileprivate init(_ rate: Rate) {
        self.init(count: rate.count, window: rate.window)
    }
}

extension OIDCService {
    /// The services of the file. Their addresses stand in it, so that any may be dialled.
    static func all(of site: Site, _ backend: Backend) -> [OIDCService] {
        site.configuration.auth.oidc.map { declared in
            let options = Options(
                name: declared.name, issuer: declared.issuer, client: declared.clientID,
                secret: declared.clientSecret.map { String(decoding: $0.bytes, as: UTF8.self) } ?? "", scopes: declared.scopes,
                redirect: "\(site.configuration.app.baseURL)/api/v1/auth/oidc/\(declared.name)/callback")
            return OIDCService(options, clock: backend.clock) { [client = backend.outbound] request in
                let body: [OutboundBody] = request.body.isEmpty ? [] : [.bytes(request.body)]
                let answer = try await client.send(OutboundRequest(request.method, request.url, headers: request.headers, body: body))
                return (answer.status, answer.body)
            }
        }
    }
}
