import Ports
import Testing

@Suite struct IdentifierTests {
    @Test(arguments: [
        ("0190a5c0-0000-7000-8000-000000000000", "0190a5c0-0000-7000-8000-000000000001"),
        ("0190a5c0-0000-7000-8000-000000000009", "0190a5c0-0000-7000-8000-00000000000a"),
        ("0190a5c0-0000-7000-8000-0000000000ff", "0190a5c0-0000-7000-8000-000000000100"),
        ("0190a5c0-0000-7000-8abc-ffffffffffff", "0190a5c0-0000-7000-8abd-000000000000"),
    ])
    func successor(_ id: String, _ next: String) {
        #expect(UUIDv7.successor(of: id) == next)
        #expect(UUIDv7.isUUID(UUIDv7.successor(of: id)))
    }
}
