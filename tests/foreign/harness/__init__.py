"""The real gateway between foreign SMPP and HTTP software, for tests that read like prose."""
