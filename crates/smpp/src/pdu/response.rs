//! What responses have in common: they are read leniently, because refusing one changes nothing.

use bytes::{Bytes, BytesMut};

use crate::wire::put_c_string;
use crate::{CString, Tlvs};

/// The answer to submit_sm, deliver_sm, data_sm, broadcast_sm or query_broadcast_sm (3.4 sections 4.4.2,
/// 4.6.2, 4.7.2; 5.0 sections 4.4.1.2, 4.6.1.2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageResp {
    /// The id that the message centre gave the message; empty in a refusal and for deliver_sm.
    pub message_id: CString<64>,
    /// The id in place of `message_id` if it is longer than the standard's 64 octets, as some message centres give;
    /// otherwise empty.
    pub long_id: Bytes,
    /// TLVs.
    pub tlvs: Tlvs,
}

impl MessageResp {
    /// An answer with this id and no TLVs.
    #[must_use]
    pub const fn new(message_id: CString<64>) -> Self {
        Self { message_id, long_id: Bytes::new(), tlvs: Tlvs::new() }
    }

    /// The id that the message centre gave, however long; empty if it gave none.
    #[must_use]
    pub fn id(&self) -> &[u8] {
        if self.long_id.is_empty() { &self.message_id } else { &self.long_id }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.id().is_empty() && self.tlvs.is_empty()
    }

    pub(super) fn decode(body: Bytes) -> Self {
        let (id, rest) = leading_octets(body);
        let tlvs = Tlvs::from_wire(rest).unwrap_or_default();
        match CString::without_nul(&id) {
            Some(message_id) => Self { message_id, long_id: Bytes::new(), tlvs },
            None => Self { message_id: CString::EMPTY, long_id: id, tlvs },
        }
    }

    pub(super) fn encode(&self, out: &mut BytesMut) {
        put_c_string(out, self.id());
        out.extend_from_slice(self.tlvs.as_wire());
    }
}

/// The string that the body of a response begins with, and what follows its NUL. One that is too long is left empty,
/// for half of it would be a different one.
pub(super) fn leading_string<const N: usize>(body: Bytes) -> (CString<N>, Bytes) {
    let (octets, rest) = leading_octets(body);
    (CString::without_nul(&octets).unwrap_or_default(), rest)
}

/// The octets of the same, however many. A string without NUL ends with the body.
fn leading_octets(mut body: Bytes) -> (Bytes, Bytes) {
    match body.iter().position(|&octet| octet == 0) {
        Some(nul) => {
            let rest = body.split_off(nul + 1);
            body.truncate(nul);
            (body, rest)
        }
        None => (body, Bytes::new()),
    }
}

/// The octet that a response goes on with, 0 if it ends before.
pub(super) fn leading_octet(body: &mut Bytes) -> u8 {
    match body.first() {
        Some(&octet) => {
            bytes::Buf::advance(body, 1);
            octet
        }
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // F-7
    #[test]
    fn an_id_is_whole_however_long_it_is() {
        for octets in [0, 1, 64, 65, 255, 1000] {
            let id = vec![b'x'; octets];
            for end in [&b""[..], b"\0", b"\0\x04\x28\0\x01\x05"] {
                let response = MessageResp::decode([&id[..], end].concat().into());
                assert_eq!(response.id(), id);
                assert_eq!(response.message_id.is_empty(), octets == 0 || octets > 64);
                assert_eq!(response.tlvs.congestion_state(), (end.len() > 1).then_some(5));
                let mut out = BytesMut::new();
                response.encode(&mut out);
                assert_eq!(MessageResp::decode(out.freeze()), response);
            }
        }
    }
}
