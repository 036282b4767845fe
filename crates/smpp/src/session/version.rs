//! Versions: which one is spoken, and how to say things to an older peer.

use crate::{Body, CommandStatus, ShortMessage, Tlvs, VERSION_3_3, VERSION_3_4, VERSION_5_0};

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

/// Makes the body one that a peer of this version understands.
///
/// # Errors
/// It cannot be said to it; the status is the one that the peer would have answered.
pub(super) fn adapt(body: &mut Body, version: u8) -> Result<(), CommandStatus> {
    if version < VERSION_5_0 {
        check(body)?;
    }
    if version < VERSION_3_4 {
        drop_tlvs(body)?;
    }
    Ok(())
}

/// Whether the body is one that SMPP 3.4 has.
///
/// # Errors
/// The status that refuses it.
pub(super) fn check(body: &Body) -> Result<(), CommandStatus> {
    let octets = match body {
        Body::SubmitSm(message) | Body::DeliverSm(message) => message.short_message.len(),
        Body::SubmitMulti(multi) if multi.destinations.len() > DESTINATIONS_MAX => {
            return Err(CommandStatus::INVNUMDESTS);
        }
        Body::SubmitMulti(multi) => multi.message.short_message.len(),
        Body::ReplaceSm(replace) => replace.short_message.len(),
        Body::BroadcastSm(_) | Body::QueryBroadcastSm(_) | Body::CancelBroadcastSm(_) => {
            return Err(CommandStatus::INVCMDID);
        }
        _ => 0,
    };
    if octets > SHORT_MESSAGE_OCTETS_MAX { Err(CommandStatus::INVMSGLEN) } else { Ok(()) }
}

/// Takes the TLVs off, for SMPP 3.3 has none; a payload must not get lost with them.
fn drop_tlvs(body: &mut Body) -> Result<(), CommandStatus> {
    match body {
        Body::SubmitSm(message) | Body::DeliverSm(message) => inline_payload(message)?,
        Body::SubmitMulti(multi) => inline_payload(&mut multi.message)?,
        Body::DataSm(_) | Body::AlertNotification(_) => return Err(CommandStatus::INVCMDID),
        _ => {}
    }
    if let Some(tlvs) = body.tlvs_mut() {
        *tlvs = Tlvs::new();
    }
    Ok(())
}

fn inline_payload(message: &mut ShortMessage) -> Result<(), CommandStatus> {
    if let Some(payload) = message.tlvs.message_payload() {
        if !message.short_message.is_empty() || payload.len() > SHORT_MESSAGE_OCTETS_MAX {
            return Err(CommandStatus::INVMSGLEN);
        }
        message.short_message = payload;
    }
    Ok(())
}

/// The longest short_message before 5.0 (SMPP 3.4 section 5.2.21), in octets.
const SHORT_MESSAGE_OCTETS_MAX: usize = 254;
/// The most destinations before 5.0 (SMPP 3.4 section 5.2.24).
const DESTINATIONS_MAX: usize = 254;

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
