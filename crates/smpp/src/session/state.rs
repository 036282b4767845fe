//! The states of a session and what they permit (SMPP 3.4 section 2.2, table 2-1).

use crate::{BindMode, CommandId};

/// Which end of the session we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The message centre: peers bind to us.
    Server,
    /// The ESME: we bind.
    Client,
}

impl Role {
    /// The role of the other end.
    #[must_use]
    pub const fn peer(self) -> Self {
        match self {
            Self::Server => Self::Client,
            Self::Client => Self::Server,
        }
    }
}

/// Where a session stands.
///
/// ```text
///              bind_transmitter   ┌──────────┐
///            ┌───────────────────►│ BoundTx  │──┐
///            │                    └──────────┘  │
///  ┌──────┐  │ bind_receiver      ┌──────────┐  │ unbind, of    ┌───────────┐ unbind_resp ┌────────┐
///  │ Open │──┼───────────────────►│ BoundRx  │──┼──────────────►│ Unbinding │────────────►│ Closed │
///  └──────┘  │                    └──────────┘  │ either side   └───────────┘ or time-out └────────┘
///      │     │ bind_transceiver   ┌──────────┐  │                                              ▲
///      │     └───────────────────►│ BoundTrx │──┘                                              │
///      │                          └──────────┘                                                 │
///      └── too many binds, no bind in time; from every state: lost framing, a silent peer ─────┘
/// ```
///
/// The names are the ESME's view, as in the standard: in `BoundTx` the ESME transmits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Connected, not bound.
    Open,
    /// The ESME may submit.
    BoundTx,
    /// The message centre may deliver.
    BoundRx,
    /// Both.
    BoundTrx,
    /// One side has asked to part: what is in flight ends, nothing new begins.
    Unbinding,
    /// Over.
    Closed,
}

impl State {
    /// Whether messages may pass in at least one direction.
    #[must_use]
    pub const fn is_bound(self) -> bool {
        matches!(self, Self::BoundTx | Self::BoundRx | Self::BoundTrx)
    }

    /// The state that a bind in this mode leads to.
    pub(super) const fn bound(mode: BindMode) -> Self {
        match mode {
            BindMode::Transmitter => Self::BoundTx,
            BindMode::Receiver => Self::BoundRx,
            BindMode::Transceiver => Self::BoundTrx,
        }
    }
}

/// Whether a session of `role` takes this request from its peer in `state`. What is not listed is not
/// permitted.
#[must_use]
pub const fn permits(state: State, role: Role, command_id: CommandId) -> bool {
    let transmits = matches!(state, State::BoundTx | State::BoundTrx);
    let receives = matches!(state, State::BoundRx | State::BoundTrx);
    match (role, command_id) {
        (_, CommandId::ENQUIRE_LINK) => !matches!(state, State::Closed),
        (_, CommandId::UNBIND) => state.is_bound() || matches!(state, State::Unbinding),
        (
            Role::Server,
            CommandId::BIND_RECEIVER | CommandId::BIND_TRANSMITTER | CommandId::BIND_TRANSCEIVER,
        )
        | (Role::Client, CommandId::OUTBIND) => matches!(state, State::Open),
        (Role::Client, CommandId::DELIVER_SM | CommandId::DATA_SM | CommandId::ALERT_NOTIFICATION) => {
            receives
        }
        (Role::Server, CommandId::DELIVER_SM) => false,
        (Role::Server, operation) => operation.is_operation() && transmits,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: [State; 6] =
        [State::Open, State::BoundTx, State::BoundRx, State::BoundTrx, State::Unbinding, State::Closed];

    fn row(role: Role, command_id: CommandId) -> [bool; 6] {
        STATES.map(|state| permits(state, role, command_id))
    }

    #[test]
    fn the_table_of_the_standard() {
        // S-1, S-2, S-4, section 7
        let (server, client) = (Role::Server, Role::Client);
        let [no, yes] = [false, true];
        for bind in [CommandId::BIND_RECEIVER, CommandId::BIND_TRANSMITTER, CommandId::BIND_TRANSCEIVER] {
            assert_eq!(row(server, bind), [yes, no, no, no, no, no]);
            assert_eq!(row(client, bind), [no; 6]);
        }
        for submission in [
            CommandId::SUBMIT_SM,
            CommandId::SUBMIT_MULTI,
            CommandId::QUERY_SM,
            CommandId::CANCEL_SM,
            CommandId::REPLACE_SM,
            CommandId::BROADCAST_SM,
            CommandId::QUERY_BROADCAST_SM,
            CommandId::CANCEL_BROADCAST_SM,
        ] {
            assert_eq!(row(server, submission), [no, yes, no, yes, no, no], "{submission}");
            assert_eq!(row(client, submission), [no; 6], "{submission}");
        }
        for delivery in [CommandId::DELIVER_SM, CommandId::ALERT_NOTIFICATION] {
            assert_eq!(row(client, delivery), [no, no, yes, yes, no, no]);
            assert_eq!(row(server, delivery), [no; 6]);
        }
        assert_eq!(row(server, CommandId::DATA_SM), [no, yes, no, yes, no, no]);
        assert_eq!(row(client, CommandId::DATA_SM), [no, no, yes, yes, no, no]);
        assert_eq!(row(client, CommandId::OUTBIND), [yes, no, no, no, no, no]);
        assert_eq!(row(server, CommandId::OUTBIND), [no; 6]);
        for role in [server, client] {
            assert_eq!(row(role, CommandId::ENQUIRE_LINK), [yes, yes, yes, yes, yes, no]);
            assert_eq!(row(role, CommandId::UNBIND), [no, yes, yes, yes, yes, no]);
            assert_eq!(row(role, CommandId(0x99)), [no; 6]);
        }
    }
}
