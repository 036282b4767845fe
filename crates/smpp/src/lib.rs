//! SMPP: PDUs, TLVs, statuses and the session as a pure state machine
