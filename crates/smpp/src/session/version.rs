//! Versions: which one is spoken, and how to say things to an older peer.

use crate::{Body, ShortMessage, Tlvs, VERSION_3_3, VERSION_3_4, VERSION_5_0};

/// The version that both speak. Anything below 3.4 is 3.3; the reserved numbers are the known version
/// below them.
pub(super) const fn spoken(offered: u8, ours: u8) -> u8 {
    let known = match offered {
        0..VERSION_3_4 => VERSION_3_3,
        VERSION_3_4..VERSION_5_0 => VERSION_3_4,
        _ => VERSION_5_0,
    };
    if known < ours { known } else { ours }
}

/// Makes the body one that a peer of this version understands; `false` if it cannot be said to it.
pub(super) fn adapt(body: &mut Body, version: u8) -> bool {
    if version >= VERSION_3_4 {
        return true;
    }
    match body {
        Body::SubmitSm(message) | Body::DeliverSm(message) => drop_tlvs(message),
        Body::SubmitSmResp(response) | Body::DeliverSmResp(response) => {
            response.tlvs = Tlvs::new();
            true
        }
        _ => true,
    }
}

/// Takes the TLVs off; a payload must not get lost with them.
fn drop_tlvs(message: &mut ShortMessage) -> bool {
    if let Some(payload) = message.tlvs.message_payload() {
        if !message.short_message.is_empty() || payload.len() > PAYLOAD_OCTETS_MAX {
            return false;
        }
        message.short_message = payload;
    }
    message.tlvs = Tlvs::new();
    true
}

/// The longest payload that can go as short_message (SMPP 3.4 section 5.2.21), in octets.
const PAYLOAD_OCTETS_MAX: usize = 254;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_versions_are_taken_for_the_known_one_below() {
        // V-4
        for (offered, spoken_with_5_0) in [
            (0, 0x33),
            (0x33, 0x33),
            (0x34, 0x34),
            (0x35, 0x34),
            (0x40, 0x34),
            (0x50, 0x50),
            (0x51, 0x50),
            (0xFF, 0x50),
        ] {
            assert_eq!(spoken(offered, VERSION_5_0), spoken_with_5_0);
            assert_eq!(spoken(offered, VERSION_3_4), spoken_with_5_0.min(VERSION_3_4));
        }
    }
}
