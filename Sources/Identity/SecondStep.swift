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
        records.write(for: caller.asSystem, on: loop) { [self] writer, _ -> Result<Entry, IdentityError> in
            guard let secondFactors else { return .failure(.wrongCode) }
            switch try secondFactors.answer(challenge, code, isRecovery: isRecovery, writer) {
            case .failure(let refusal): return .failure(refusal)
            case .success(let row):
                guard try isOpen(row, writer.transaction) else { return .failure(.inactive) }
                return .success(.opened(try admit(row, writer)))
            }
        }.flatMapThrowing { [self] in try finish($0.get()) }
    }
}
