//! Addresses for those who come later, or come back.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU8, Ordering};

/// An address that nobody listens at, and nobody else in this process will.
///
/// Each is on a loopback address of its own, where no connection starts and no port 0 is asked for.
pub(crate) fn free_address() -> SocketAddr {
    let host = 2 + NEXT.fetch_add(1, Ordering::Relaxed) % 250;
    let host = Ipv4Addr::new(127, 0, process_octet(), host);
    let probe = TcpListener::bind((host, 0)).unwrap();
    probe.local_addr().unwrap()
}

/// So that two runs at a time do not meet.
fn process_octet() -> u8 {
    (std::process::id() % 250) as u8 + 1
}

static NEXT: AtomicU8 = AtomicU8::new(0);
