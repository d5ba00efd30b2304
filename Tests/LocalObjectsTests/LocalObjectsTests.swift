import Testing

@testable import LocalObjects
