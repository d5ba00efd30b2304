package import Records

/// Takes messages of one channel to their recipients: a relay, a provider of SMS, a file.
package protocol Carrier: Sendable {
    /// For people: `kavenegar`.
    var name: String { get }

    /// Returns when the message was taken. Throws `CarrierFailure`, and `CancellationError` where the task was cancelled.
    func carry(_ parcel: Parcel) async throws
}

/// A message on one of its ways.
package struct Parcel: Sendable {
    /// The same for every try, so that who gets it twice can know.
    package var id: String
    package var notice: String
    /// When its cause was committed; milliseconds since 1970.
    package var at: Int64
    package var route: Message.Route

    package init(id: String, notice: String, at: Int64, route: Message.Route) {
        self.id = id
        self.notice = notice
        self.at = at
        self.route = route
    }
}

/// Why a message was not taken, or perhaps was.
package struct CarrierFailure: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Certainty: Sendable, Equatable {
        /// It was surely not taken: the next carrier may.
        case refused
        /// It was surely not taken, and never will be.
        case refusedForGood
        /// It may have been taken: nobody else may try.
        case unknown
    }

    package var certainty: Certainty
    /// Without secrets and without the message.
    package var description: String

    package init(_ certainty: Certainty, _ description: String) {
        self.certainty = certainty
        self.description = description
    }
}
