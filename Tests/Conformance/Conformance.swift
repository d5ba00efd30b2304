// Placeholder until the first suite stands.
