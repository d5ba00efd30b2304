internal import Config
internal import Identity
internal import NIOHTTP1

extension Failure {
    init(identity error: any Error) {
        switch error {
        case IdentityError.wrongCredentials: self = .unauthenticated("the e-mail address or the password is wrong")
        case IdentityError.inactive:
            self.init(status: .forbidden, code: "ACCOUNT_INACTIVE", message: "this account is not active")
        case IdentityError.staleSignIn:
            self.init(
                status: .forbidden, code: "FORBIDDEN",
                message: #"sign in again first, or send "current_password": this needs a recent sign-in"#)
        case IdentityError.signupClosed:
            self.init(status: .forbidden, code: "FORBIDDEN", message: "accounts are made by the operator here")
        case IdentityError.invitationRequired:
            self.init(
                status: .forbidden, code: "FORBIDDEN",
                message: #"whoever signs up here must be invited: send "invitation", the token of the mail, with its address"#)
        case IdentityError.tooManyAttempts(let seconds):
            self.init(
                status: .tooManyRequests, code: "TOO_MANY_ATTEMPTS", message: "too many failed attempts; try again in \(seconds) s",
                headers: ["retry-after": "\(seconds)"])
        case IdentityError.exhausted:
            // Waiting would not help, so nothing says how long.
            self.init(
                status: .tooManyRequests, code: "TOO_MANY_ATTEMPTS",
                message: "there were too many wrong answers to this challenge: begin again for another")
        case IdentityError.refresh(let fault):
            switch fault {
            case .invalid: self = .unauthenticated("the refresh token is not valid")
            case .expired: self = .unauthenticated("the session has expired: sign in again", code: "TOKEN_EXPIRED")
            case .reused: self = .unauthenticated("this token was used before: its session has been ended", code: "TOKEN_REUSED")
            }
        case IdentityError.wrongCode:
            self.init(status: .badRequest, code: "INVALID_CODE", message: "the code is wrong, or not valid any more")
        case IdentityError.tooManyCodes(let seconds):
            self.init(
                status: .tooManyRequests, code: "RATE_LIMITED", message: "too many codes were asked for; try again in \(seconds) s",
                headers: ["retry-after": "\(seconds)"])
        case IdentityError.codesSpent(let seconds):
            self.init(
                status: .tooManyRequests, code: "RATE_LIMITED",
                message: "this site can send no more codes for now; try again in \(seconds) s", headers: ["retry-after": "\(seconds)"])
        case IdentityError.accountBusy:
            self.init(
                status: .tooManyRequests, code: "RATE_LIMITED",
                message: "another password of this account is being worked on; try again in 1 s", headers: ["retry-after": "1"])
        case PasswordError.busy:
            self = .unavailable("too many logins at once")
            isOverload = true
        default: self.init(error)
        }
    }

    /// `auth.totp.require` holds for him.
    static func secondFactorDemanded(_ message: String) -> Failure {
        Failure(status: .forbidden, code: "TOTP_REQUIRED", message: message)
    }

    /// A page of another site asked, with this one's cookies.
    static func foreignOrigin(_ pages: String) -> Failure {
        Failure(
            status: .forbidden, code: "FORBIDDEN", message: "a request with cookies must come from a page of this site: of \(pages)")
    }

    /// A page of another site would be signed in by cookie, whether it has brought any or not.
    static func foreignSignIn(_ offered: [Auth.Transport], _ pages: String) -> Failure {
        let other = offered.contains(.bearer) ? #"; send "transport": "bearer" to get them in the answer"# : ""
        return Failure(
            status: .forbidden, code: "FORBIDDEN", message: "tokens are set as cookies for pages of this site alone: of \(pages)" + other)
    }
}
