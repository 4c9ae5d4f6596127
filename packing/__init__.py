"""What Lambda gets: third-party packages and our own, trimmed, with bytecode, the same at every build."""
