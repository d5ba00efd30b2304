internal import Glibc

extension IPAddress {
    /// Dotted decimal or RFC 4291, nothing else.
    package init?(literal: String) {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, literal, &bytes) == 1 {
            self.init(bytes: Array(bytes[..<4]))
        } else if inet_pton(AF_INET6, literal, &bytes) == 1 {
            self.init(bytes: bytes)
        } else {
            return nil
        }
    }

    /// Of a `sockaddr` of that family; nil for families without addresses.
    init?(family: Int32, socketAddress: UnsafeRawPointer) {
        switch family {
        // The port stands before the address; of IPv6 the flow too.
        case AF_INET: self.init(bytes: Array(UnsafeRawBufferPointer(start: socketAddress + 4, count: 4)))
        case AF_INET6: self.init(bytes: Array(UnsafeRawBufferPointer(start: socketAddress + 8, count: 16)))
        default: return nil
        }
    }
}
