internal import CCrypt
internal import Crypto
package import Expressions
package import NIOCore
package import Ports
internal import Records
internal import Synchronization

/// Why a password could not be worked on.
package enum PasswordError: Error, Sendable, Equatable {
    /// Too many are waiting already: try again later.
    case busy
    case failed
}

/// bcrypt at cost 12, about 200 ms each, on threads of its own that give way to all others: never on an event loop.
///
/// No network has more than half of the places in the line: whoever fills it with passwords that are right, where no lock-out counts, keeps
/// nobody else from signing in.
///
/// What is hashed is base64(SHA-384(NFC(password))), so that no password is cut at bcrypt's 72 bytes (11-precisions 45).
package final class PasswordHasher: Sendable {
    private static let cost: UInt = 12
    private static let waitingLimit = 128
    private static let networkLimit = 64

    private let pool: YieldingThreads
    private let random: any Random
    /// How many wait, by the network that they came from; none without any.
    private let waiting = Mutex((count: 0, networks: [String: Int]()))
    /// What unknown accounts are verified against: cost and salt without a hash, which takes as long and is never right.
    private let dummy: String

    /// - Parameters:
    ///   - threads: how many passwords are worked on at once where they cannot give way.
    ///   - processors: those on which they can, each by one.
    package init(threads: Int, processors: [CInt], random: any Random) throws(PasswordError) {
        self.random = random
        dummy = try Self.setting(random.bytes(16))
        pool = YieldingThreads(count: max(1, threads), processors: processors)
    }

    package func shutdown() async {
        await pool.shutdown()
    }

    /// A crypt(3) string for a new password.
    package func hash(_ password: String, for request: RequestFacts, on loop: any EventLoop) -> EventLoopFuture<String> {
        run(for: request, on: loop) { [random] way in try Self.hash(password, random, way) }
    }

    /// What a password turned out to be.
    package enum Verdict: Sendable, Equatable {
        case wrong
        /// `renewed` is a new hash where the stored one is not of today's making.
        case right(renewed: String?)
    }

    /// Whether the password is that of the hash; nil stands for an unknown account and is always wrong, after the same time.
    package func verify(
        _ password: String, against hash: String?, for request: RequestFacts, on loop: any EventLoop
    ) -> EventLoopFuture<Verdict> {
        run(for: request, on: loop) { [dummy, random] way in
            guard try Self.matches(password, hash ?? dummy, way), let hash else { return .wrong }
            return .right(renewed: Self.isCurrent(hash) ? nil : try Self.hash(password, random, way))
        }
    }

    /// Whether the hash has the cost of new ones.
    static func isCurrent(_ hash: String) -> Bool { hash.hasPrefix("$2b$\(cost)$") }

    /// Without a way to give, for the command line, which has nothing else to do.
    package static func hash(_ password: String, _ random: any Random) throws(PasswordError) -> String {
        try hash(password, random, nil)
    }

    private static func hash(_ password: String, _ random: any Random, _ way: YieldingThreads.GivingWay?) throws(PasswordError) -> String {
        try crypt(prepared(password), setting(random.bytes(16)), way)
    }

    private func run<Result: Sendable>(
        for request: RequestFacts, on loop: any EventLoop, _ work: @escaping @Sendable (YieldingThreads.GivingWay) throws -> Result
    ) -> EventLoopFuture<Result> {
        let network = ClientNetwork.of(request.ip)
        let isAdmitted = waiting.withLock { waiting in
            let own = waiting.networks[network] ?? 0
            guard waiting.count < Self.waitingLimit, own < Self.networkLimit else { return false }
            waiting.count += 1
            waiting.networks[network] = own + 1
            return true
        }
        guard isAdmitted else { return loop.makeFailedFuture(PasswordError.busy) }
        return pool.run(on: loop, work).always { [self] _ in
            waiting.withLock { waiting in
                waiting.count -= 1
                let left = (waiting.networks[network] ?? 1) - 1
                waiting.networks[network] = left > 0 ? left : nil
            }
        }
    }

    static func matches(_ password: String, _ hash: String, _ way: YieldingThreads.GivingWay? = nil) throws(PasswordError) -> Bool {
        let made = Array(try crypt(prepared(password), hash, way).utf8)
        let stored = Array(hash.utf8)
        guard made.count == stored.count else { return false }
        // No early end: the time says nothing about where they differ.
        return zip(made, stored).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    /// Whether two texts are one password.
    static func isSame(_ one: String, _ other: String) -> Bool { prepared(one) == prepared(other) }

    private static func prepared(_ password: String) -> String {
        Base64.standard(Array(SHA384.hash(data: Array(NormalizedText.nfc(password).utf8))))
    }

    private static func setting(_ bytes: [UInt8]) throws(PasswordError) -> String {
        try text { atlas_crypt_setting(cost, bytes, $0) }
    }

    private static func crypt(_ phrase: String, _ setting: String, _ way: YieldingThreads.GivingWay?) throws(PasswordError) -> String {
        try text { output in
            guard let way else { return atlas_crypt(phrase, setting, output) }
            return way { atlas_crypt(phrase, setting, output) }
        }
    }

    private static func text(_ call: (UnsafeMutablePointer<CChar>?) -> Int32) throws(PasswordError) -> String {
        var output = [CChar](repeating: 0, count: Int(ATLAS_CRYPT_ROOM))
        let status = output.withUnsafeMutableBufferPointer { call($0.baseAddress) }
        guard status == 0 else { throw .failed }
        return String(decoding: output.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
