package import NIOCore
internal import Expressions
internal import Ports
package import Records
internal import Schema

/// The second step of signing in to an account with an authenticator.
extension Accounts {
    /// Signs in by a code of the authenticator, or a recovery code, after whatever came first.
    package func answer(
        _ challenge: String, code: String, isRecovery: Bool, for caller: Caller, on loop: any EventLoop
    ) -> EventLoopFuture<SignInStep> {
        records.write(for: caller.asSystem, on: loop) { [self] writer, transaction -> Result<Entry, IdentityError> in
            guard let secondFactors else { return .failure(.wrongCode) }
            switch try secondFactors.answer(challenge, code, isRecovery: isRecovery, writer) {
            case .wrong: return .failure(.wrongCode)
            case .exhausted: return .failure(.tooManyAttempts(SecondFactors.lifetimeSeconds))
            case .proved(let proof):
                guard let row = try transaction.row(in: users.name, id: proof.subject) else { return .failure(.wrongCode) }
                guard isActive(row) else { return .failure(.inactive) }
                return .success(.opened(try admit(row, writer)))
            }
        }.flatMapThrowing { [self] in try finish($0.get()) }
    }
}
