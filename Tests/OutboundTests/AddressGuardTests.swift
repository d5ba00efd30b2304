import Conformance
import Ports
import Testing

@testable import Outbound

/// Which addresses may be dialled on behalf of data.
@Suite struct AddressGuardTests {
    @Test(arguments: [
        "127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255",
        "169.254.169.254",
        "169.254.0.1", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.170", "192.0.2.1", "192.88.99.1", "192.168.0.1",
        "192.168.255.255", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1",
        "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "::7f00:1",
        "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1", "2001::1", "2001:10::1", "2001:20::1",
        "2001:db8::1", "2002:7f00:1::", "2002:a00:1::1", "2002:808:808::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fdff::1",
        "fe80::1", "febf::1", "fec0::1", "ff02::1", "ff0e::1", "4000::1", "1fff::1",
    ])
    func privateAddressesAreRefused(text: String) throws {
        let address = try #require(IPAddress(literal: text))
        #expect(!AddressGuard().admits(address))
        #expect(!AddressGuard(allowing: ["192.168.77.0/24", "fd77::/64", "nonsense", "10.0.0.0/99"]).admits(address))
        #expect(AddressGuard(allowing: [text]).admits(address))
    }

    @Test(arguments: [
        "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
        "169.253.255.255",
        "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255",
        "2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2400::1", "2001:200::1",
    ])
    func publicAddressesAreAdmitted(text: String) throws {
        let address = try #require(IPAddress(literal: text))
        #expect(AddressGuard().admits(address))
    }

    @Test func aRangeIsOpenedForWhatIsInsideAlone() throws {
        let opened = AddressGuard(allowing: ["10.1.0.0/16", "fd00:1::/32"])
        for (text, isOpen) in [
            ("10.1.0.1", true), ("10.1.255.255", true), ("10.2.0.1", false), ("10.0.255.255", false), ("::ffff:10.1.2.3", true),
            ("::ffff:10.2.2.3", false), ("fd00:1::5", true), ("fd00:2::5", false),
        ] {
            let address = try #require(IPAddress(literal: text))
            #expect(opened.admits(address) == isOpen, "\(text)")
        }
    }

    @Test func rangesAreReadStrictly() {
        for text in ["", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "::/129", "10.0.0/8", "0x7f.1", "1.2.3.4/8/8", "host"] {
            #expect(AddressRange(text) == nil, "\(text)")
        }
    }

    /// A range holds exactly the addresses whose first bits are its own.
    @Test func rangesAgreeWithBits() throws {
        let random = SeededRandom(36)
        for _ in 0..<2_000 {
            let isV6 = random.bytes(1)[0] & 1 == 1
            let base = random.bytes(isV6 ? 16 : 4)
            let length = Int(random.bytes(1)[0]) % (base.count * 8 + 1)
            var other = base
            let bit = Int(random.bytes(1)[0]) % (base.count * 8)
            other[bit / 8] ^= 0x80 >> UInt8(bit % 8)
            let own = try #require(IPAddress(bytes: base))
            let near = try #require(IPAddress(bytes: other))
            let range = try #require(AddressRange("\(own)/\(length)"))
            #expect(range.contains(own))
            #expect(range.contains(near) == (bit >= length))
        }
    }
}
