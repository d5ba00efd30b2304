internal import Config
internal import Identity
internal import Records

extension PhoneSignIn.Options {
    /// What the file says of codes.
    init(_ site: Site) {
        let otp = site.configuration.auth.otp
        self.init(
            digits: otp.digits, lifetime: otp.ttl, attempts: otp.attempts, perPhone: Proofs.Bound(otp.perPhone),
            countries: Set(otp.countries), budget: otp.budget.map { Proofs.Bound($0) },
            region: PhoneNumber.region(ofLocale: site.configuration.app.locale))
    }
}

extension Addresses.Options {
    /// What the file says of addresses. Newcomers are asked where it says how.
    init(_ site: Site) {
        let proof = site.configuration.auth.verifyEmail
        self.init(lifetime: proof.ttl, asksNewcomers: proof.notice != nil, codes: PhoneSignIn.Options(site))
    }
}

extension Proofs.Bound {
    fileprivate init(_ rate: Rate) {
        self.init(count: rate.count, window: rate.window)
    }
}
