internal import NIOCore

/// Work on an event loop that would keep it too long is done in turns.
extension EventLoop {
    /// Runs `body` on this loop when it has looked after its sockets. `execute` would not do: a loop does all there is to do, what is added
    /// meanwhile too, before it looks at them again.
    func executeInNextTurn(_ body: @escaping @Sendable () -> Void) {
        scheduleTask(in: .milliseconds(1), body)
    }

    /// Runs `body` for each of them, some in a turn, and `then` at the end. On this loop.
    func inTurns<Element: Sendable>(
        _ elements: ArraySlice<Element>, atATime count: Int, _ body: @escaping @Sendable (Element) -> Void,
        then: @escaping @Sendable () -> Void = {}
    ) {
        for element in elements.prefix(count) { body(element) }
        let rest = elements.dropFirst(count)
        guard !rest.isEmpty else { return then() }
        executeInNextTurn { [self] in inTurns(rest, atATime: count, body, then: then) }
    }
}
