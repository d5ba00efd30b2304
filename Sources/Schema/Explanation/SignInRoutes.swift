internal import Config
internal import Expressions

/// How people get in, stay in and leave, by what `[auth]` says: the routes that there are, and whom each admits.
extension SiteExplanation {
    struct SignInRoute {
        var method = "POST"
        var path: String
        var admits: String
        /// Whether somebody may use it who has not signed in.
        var isPublic = true

        var row: [String] { [method, path, admits] }
    }

    var signInRoutes: [SignInRoute] { entrances + own }

    /// Without a session.
    private var entrances: [SignInRoute] {
        let auth = configuration.auth
        let token = "whoever has the token"
        var routes: [SignInRoute] = []
        if auth.methods.contains(.password) {
            routes.append(SignInRoute(path: "/auth/login", admits: "true"))
            switch auth.signup {
            case .open: routes.append(SignInRoute(path: "/auth/signup", admits: "true"))
            case .invite: routes.append(SignInRoute(path: "/auth/signup", admits: "whoever has an invitation"))
            case .closed: break
            }
            routes.append(SignInRoute(path: "/auth/password/forgot", admits: "true"))
            routes.append(SignInRoute(path: "/auth/password/reset", admits: token))
        }
        if auth.methods.contains(.otp) {
            routes.append(SignInRoute(path: "/auth/otp/request", admits: "true"))
            routes.append(SignInRoute(path: "/auth/otp/verify", admits: "whoever has the code" + newcomers))
        }
        for service in auth.oidc {
            routes.append(SignInRoute(method: "GET", path: "/auth/oidc/\(service.name)", admits: "true"))
            routes.append(
                SignInRoute(method: "GET", path: "/auth/oidc/\(service.name)/callback", admits: "whoever comes back from it" + newcomers))
        }
        if !auth.oidc.isEmpty { routes.append(SignInRoute(path: "/auth/oidc/exchange", admits: "the page that began, with its code")) }
        if auth.totp != nil {
            for path in ["verify", "recovery"] {
                routes.append(SignInRoute(path: "/auth/totp/\(path)", admits: "whoever has come through the first step"))
            }
        }
        return routes
            + ["/auth/refresh", "/auth/logout", "/auth/email/verify"].map { SignInRoute(path: $0, admits: token) }
    }

    /// Of those who come by a code or another service.
    private var newcomers: String { configuration.auth.signup == .open ? "; makes accounts" : ", and an account" }

    /// Within a session.
    private var own: [SignInRoute] {
        let auth = configuration.auth
        var paths = auth.methods.contains(.password) ? ["/auth/password/change"] : []
        paths += ["/auth/email/resend", "/auth/email/change"]
        if auth.sendsCodes { paths += ["/auth/phone/change", "/auth/phone/verify"] }
        var routes = paths.map { SignInRoute(path: $0, admits: "me != null", isPublic: false) }
        if let totp = auth.totp {
            let demand = totp.require.map { "; a must where \($0.value)" } ?? ""
            for path in ["setup", "confirm", "disable"] {
                routes.append(SignInRoute(path: "/auth/totp/\(path)", admits: "me != null" + demand, isPublic: false))
            }
        }
        var mine = [("GET", "/me"), ("GET", "/me/sessions"), ("DELETE", "/me/sessions"), ("DELETE", "/me/sessions/{id}")]
        if schema.users.behaviour.update != nil { mine.append(("PATCH", "/me")) }
        routes += mine.map { SignInRoute(method: $0.0, path: $0.1, admits: "me != null", isPublic: false) }
        if let allow = auth.apiKeysAllow {
            for (method, path) in [("GET", "/me/api_keys"), ("POST", "/me/api_keys"), ("DELETE", "/me/api_keys/{id}")] {
                routes.append(
                    SignInRoute(method: method, path: path, admits: method == "DELETE" ? "me != null" : allow.value, isPublic: false))
            }
        }
        if auth.apiKeysAllow != nil, let tenancy = schema.tenancy {
            let path = "/\(tenancy.tenants.path.joined(separator: "/"))/{id}/api_keys"
            let admits = "whoever may remove the maker from the tenant"
            routes.append(SignInRoute(method: "GET", path: path, admits: admits, isPublic: false))
            routes.append(SignInRoute(method: "DELETE", path: path + "/{key}", admits: admits, isPublic: false))
        }
        return routes
    }
}
