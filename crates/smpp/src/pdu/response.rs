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
    /// TLVs.
    pub tlvs: Tlvs,
}

impl MessageResp {
    /// An answer with this id and no TLVs.
    #[must_use]
    pub const fn new(message_id: CString<64>) -> Self {
        Self { message_id, tlvs: Tlvs::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.message_id.is_empty() && self.tlvs.is_empty()
    }

    pub(super) fn decode(body: Bytes) -> Self {
        let (message_id, rest) = leading_string(body);
        Self { message_id, tlvs: Tlvs::from_wire(rest).unwrap_or_default() }
    }

    pub(super) fn encode(&self, out: &mut BytesMut) {
        put_c_string(out, &self.message_id);
        out.extend_from_slice(self.tlvs.as_wire());
    }
}

/// The string that the body of a response begins with, and what follows its NUL. A string without NUL
/// ends with the body; one that is too long is left empty, for half of it would be a different one.
pub(super) fn leading_string<const N: usize>(mut body: Bytes) -> (CString<N>, Bytes) {
    let end = body.iter().position(|&octet| octet == 0);
    let text = CString::without_nul(&body[..end.unwrap_or(body.len())]).unwrap_or_default();
    let rest = match end {
        Some(nul) => body.split_off(nul + 1),
        None => Bytes::new(),
    };
    (text, rest)
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
