//! Moves bytes between a socket and an SMPP session: one loop for server and client
