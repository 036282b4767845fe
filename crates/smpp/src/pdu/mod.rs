//! PDUs: what the peers say to each other, decoded.
//!
//! One file per family, request and response side by side. Strings are kept in place, bodies and TLVs
//! are slices of the frame: decoding copies nothing else and allocates nothing, and whoever keeps a
//! body for long keeps the read buffer behind it in memory, or copies it.

mod address;
mod alert_notification;
mod bind;
mod body;
mod broadcast;
mod cancel_sm;
mod data_sm;
mod error;
mod list;
mod query_sm;
mod replace_sm;
mod response;
mod short_message;
mod submit_multi;

use bytes::BytesMut;

use crate::frame::HEADER_OCTETS;
use crate::wire::{Fault, Reader};
use crate::{CommandId, CommandStatus, Frame};
use short_message::Head;

pub use address::{Address, AddressUpTo, LongAddress};
pub use alert_notification::AlertNotification;
pub use bind::{Bind, BindMode, BindResp, Outbind, PASSWORD_OCTETS_MAX};
pub use body::Body;
pub use broadcast::{BroadcastSm, CancelBroadcastSm, QueryBroadcastSm};
pub use cancel_sm::CancelSm;
pub use data_sm::DataSm;
pub use error::{DecodeError, EncodeError};
pub use query_sm::{QuerySm, QuerySmResp};
pub use replace_sm::ReplaceSm;
pub use response::MessageResp;
pub use short_message::{SHORT_MESSAGE_OCTETS_MAX, ShortMessage};
pub use submit_multi::{
    Destination, Destinations, FailedDestination, FailedDestinations, SubmitMulti, SubmitMultiResp,
};

/// One PDU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pdu {
    /// What became of the request; [`CommandStatus::OK`] in requests.
    pub status: CommandStatus,
    /// The number that a response has in common with its request.
    pub sequence: u32,
    /// Which operation, and its fields.
    pub body: Body,
}

impl Pdu {
    /// Decodes the body of a frame.
    ///
    /// Requests are read strictly as to their form: every field within its limit, TLVs whole; what
    /// the values mean is not judged. Responses are read leniently, because refusing one changes
    /// nothing: a missing body, a missing NUL, padding and an id that is too long leave the field
    /// empty. What follows the header of a header-only PDU is ignored, as the standard wants of TLVs.
    /// A command_id that is not known becomes [`Body::Unknown`].
    ///
    /// # Errors
    /// The body is not what its command_id says. The frames after it are not affected.
    #[inline(always)]
    pub fn decode(frame: Frame) -> Result<Self, DecodeError> {
        let Frame { command_id, status, sequence, body } = frame;
        let error = |Fault { status, what }| DecodeError { sequence, command_id, status, what };
        // What there is most of is built where it is to be, and not moved: hence no call, and none of this one.
        if command_id == CommandId::SUBMIT_SM {
            let mut reader = Reader::new(&body);
            return match Head::next(&mut reader) {
                Some(head) => Ok(Self { status, sequence, body: Body::SubmitSm(head.of(body)) }),
                None => Err(error(reader.fault())),
            };
        }
        match Body::decode(command_id, body) {
            Ok(body) => Ok(Self { status, sequence, body }),
            Err(fault) => Err(error(fault)),
        }
    }

    /// Appends the PDU to `out`, which may hold others before it, and allocates nothing else.
    ///
    /// A response that refuses and has nothing to say beside its status is written without a body, as
    /// SMPP 3.4 sections 4.1.2 and 4.4.2 want it.
    ///
    /// # Errors
    /// A field does not fit the wire; `out` is as it was.
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        let start = out.len();
        out.reserve(HEADER_OCTETS + self.body.octets_estimate());
        out.extend_from_slice(&header(self.body.command_id(), self.status, self.sequence));
        let encoded = match &self.body {
            Body::SubmitSm(message) => message.encode(out),
            other => other.encode(self.status, out),
        };
        let encoded = encoded.and_then(|()| command_length(out.len() - start));
        match encoded {
            Ok(length) => out[start..start + 4].copy_from_slice(&length.to_be_bytes()),
            Err(error) => {
                out.truncate(start);
                return Err(error);
            }
        }
        Ok(())
    }
}

/// A header whose length is to be told later.
#[inline(always)]
fn header(command_id: CommandId, status: CommandStatus, sequence: u32) -> [u8; HEADER_OCTETS] {
    let [command_id, status, sequence] = [command_id.0, status.0, sequence].map(u128::from);
    (command_id << 64 | status << 32 | sequence).to_be_bytes()
}

fn command_length(octets: usize) -> Result<u32, EncodeError> {
    u32::try_from(octets).map_err(|_| EncodeError::PduTooLong)
}
