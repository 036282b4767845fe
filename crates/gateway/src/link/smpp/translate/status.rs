//! What is said by numbers: refusals, what may succeed later, and how congested we are.

use smpp::{Body, CommandStatus, TlvTag};
use store::Store;

use crate::refusal::Refusal;

/// How congested we are while `unanswered` requests of a window are: as much as the window is used, or as
/// the store is behind (W-6).
pub(in super::super) fn congestion(unanswered: usize, window: usize, store: &dyn Store) -> u8 {
    let Some(pressure) = store.pressure() else { return CONGESTED };
    // The request that is being answered is one of them, and nobody else's burden.
    let used = (unanswered.saturating_sub(1) * 100).checked_div(window).unwrap_or(0);
    pressure.max(u8::try_from(used).unwrap_or(CONGESTED)).min(CONGESTED)
}

/// Adds congestion_state to a response.
pub(in super::super) fn tell_congestion(body: &mut Body, state: u8) {
    if let Some(tlvs) = body.tlvs_mut() {
        tlvs.push_u8(TlvTag::CONGESTION_STATE, state);
    }
}

/// How a refusal is said in SMPP.
pub(in super::super) fn status(refusal: &Refusal) -> CommandStatus {
    match refusal {
        Refusal::NoRoute | Refusal::BadDestination => CommandStatus::INVDSTADR,
        Refusal::SourceNotAllowed => CommandStatus::INVSRCADR,
        Refusal::ProtocolNotAllowed => CommandStatus::PROHIBITED,
        Refusal::BadLength => CommandStatus::INVMSGLEN,
        Refusal::Expired => CommandStatus::INVEXPIRY,
        // Nobody quotes a message by SMPP.
        Refusal::NoReply(_) => CommandStatus::SUBMITFAIL,
        Refusal::Throttled => CommandStatus::THROTTLED,
        Refusal::QueueFull => CommandStatus::MSGQFUL,
        Refusal::Unavailable => CommandStatus::SYSERR,
    }
}

/// Whether a status says that the same request may succeed later; section 5.1.3 of SMPP 3.4 names the
/// conditions, 5.0 adds "service type unavailable". ESME_RINVBNDSTS is among them: it refuses the session,
/// which is taking leave for example, and not the message.
pub(in super::super) fn is_temporary(status: CommandStatus) -> bool {
    matches!(
        status,
        CommandStatus::INVBNDSTS
            | CommandStatus::SYSERR
            | CommandStatus::MSGQFUL
            | CommandStatus::THROTTLED
            | CommandStatus::X_T_APPN
            | CommandStatus::UNKNOWNERR
            | CommandStatus::SERTYPUNAVAIL
    )
}

/// congestion_state: nothing more, please, SMPP 5.0 section 4.8.4.18.
const CONGESTED: u8 = 100;
