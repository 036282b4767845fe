//! What a session tells its owner.

use crate::{AlertNotification, Bind, BindMode, Body, CString, CommandStatus, FrameError, Outbind};

/// One thing that happened, in the order of the wire. `T` is what the owner attached to its requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event<T> {
    /// Server: a peer asks to bind; [`Session::answer_bind`](super::Session::answer_bind) gives the verdict.
    BindRequest {
        /// What it asks for, and its credentials.
        bind: Bind,
    },
    /// Client: a message centre asks for a bind; [`Session::bind`](super::Session::bind) does so, if who asks
    /// is right.
    Outbind {
        /// Who asks, and its credentials.
        outbind: Outbind,
    },
    /// The session is bound, in either role.
    Bound {
        /// For which directions.
        mode: BindMode,
        /// Who the peer says it is: the ESME to a server, the message centre to a client.
        system_id: CString<15>,
    },
    /// Client: the message centre refused the bind; [`Event::Closed`] follows.
    BindRefused {
        /// Its reason.
        status: CommandStatus,
    },
    /// The peer hands a message over or asks about one, to be answered once by
    /// [`Session::respond`](super::Session::respond).
    Request {
        /// The number to answer with.
        sequence: u32,
        /// To a client a deliver_sm or data_sm; to a server a submit_sm, data_sm, submit_multi, query_sm,
        /// cancel_sm, replace_sm, or from 5.0 one about broadcasts.
        body: Body,
    },
    /// Client: a mobile is reachable again. There is nothing to answer.
    Alert {
        /// Which one.
        alert: AlertNotification,
    },
    /// The outcome of one of our requests.
    Response {
        /// What the request was given.
        tag: T,
        /// What the peer said: OK, or its reason.
        status: CommandStatus,
        /// The answer; [`Body::GenericNack`] if the peer could make nothing of the request, or if the
        /// request could not be put in words that the peer's version has and was never sent.
        body: Body,
    },
    /// One of our requests was not answered in time: what the peer made of it is not known.
    Expired {
        /// What the request was given.
        tag: T,
        /// Its number: an answer may still come as [`Event::Late`].
        sequence: u32,
    },
    /// The answer to a request that had expired.
    Late {
        /// The number of the request.
        sequence: u32,
        /// What the peer said.
        status: CommandStatus,
        /// The answer.
        body: Body,
    },
    /// The peer asked to part: what it sent before is to be answered, nothing new begins.
    Unbinding,
    /// The session is over. What was not answered is in
    /// [`Session::drain_pending`](super::Session::drain_pending).
    Closed {
        /// Why.
        reason: CloseReason,
    },
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CloseReason {
    /// We asked for it.
    #[error("unbound")]
    Unbound,
    /// The peer asked for it.
    #[error("the peer unbound")]
    PeerUnbound,
    /// The peer did not answer our unbind.
    #[error("the peer did not answer unbind")]
    UnbindTimeout,
    /// Server: the peer did not bind in time. Client: no outbind came in time, or none that led to a bind.
    #[error("the peer did not bind in time")]
    SessionInitTimeout,
    /// Server: too many binds failed.
    #[error("too many binds failed")]
    TooManyBinds,
    /// Client: the message centre did not answer the bind.
    #[error("the peer did not answer the bind")]
    BindTimeout,
    /// Client: the message centre refused the bind.
    #[error("the peer refused the bind: {0}")]
    BindRefused(CommandStatus),
    /// The peer did not answer enquire_link.
    #[error("the peer did not answer enquire_link")]
    EnquireLinkTimeout,
    /// The peer sent more enquire_links than it may.
    #[error("the peer sent too many enquire_links")]
    EnquireLinkFlood,
    /// No message passed for too long.
    #[error("no message passed for too long")]
    Inactivity,
    /// A PDU began and did not end in time.
    #[error("a PDU did not end in time")]
    PduReadTimeout,
    /// What the peer sent is not a stream of PDUs.
    #[error("framing is lost: {0}")]
    Framing(FrameError),
}

/// How often a peer did what it should not. None of it ends the session by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Oddities {
    /// Responses that matched no request.
    pub unmatched_responses: u64,
    /// Requests in a state that does not permit them.
    pub wrong_state: u64,
    /// Requests that are not known here.
    pub unknown_commands: u64,
    /// PDUs whose body is malformed.
    pub malformed: u64,
    /// Requests beyond the window.
    pub throttled: u64,
}
