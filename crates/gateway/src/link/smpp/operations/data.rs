//! data_sm: a message whose body is a TLV. It is taken over as the submit_sm that says the same.

use smpp::{Address, AddressUpTo, Body, CommandId, CommandStatus, DataSm, ShortMessage, TlvTag};

use sms::Direction;

use super::super::relay::{Answer, Operation};
use super::super::translate;
use super::{Desk, operation, refused};

impl Desk {
    /// Takes a message over.
    pub(super) fn data(&self, pdu: DataSm) -> Result<Operation, CommandStatus> {
        let mut message = as_short_message(pdu)?;
        if let Some(dialect) = self.account.dialect() {
            dialect.hear(&mut message, Direction::Mt);
        }
        let mut submission = translate::submission(&message, self.version, self.now())?;
        submission.id = self.short_id();
        let entry = self.admit(submission).map_err(|refusal| translate::status(&refusal))?;
        let (desk, id) = (self.clone(), entry.message.id);
        Ok(operation(async move {
            match desk.intake.accept(vec![entry]).await {
                Ok(()) => {
                    let body = Body::DataSmResp(desk.response(id));
                    Answer { status: CommandStatus::OK, body, messages: 1 }
                }
                Err(refusal) => refused(translate::status(&refusal), CommandId::DATA_SM),
            }
        }))
    }
}

/// The submit_sm with the same content (O-7).
fn as_short_message(pdu: DataSm) -> Result<ShortMessage, CommandStatus> {
    if pdu.tlvs.get(TlvTag::MESSAGE_PAYLOAD).is_none() {
        return Err(CommandStatus::MISSINGOPTPARAM);
    }
    Ok(ShortMessage {
        service_type: pdu.service_type,
        source: short(&pdu.source).ok_or(CommandStatus::INVSRCADR)?,
        destination: short(&pdu.destination).ok_or(CommandStatus::INVDSTADR)?,
        esm_class: pdu.esm_class,
        registered_delivery: pdu.registered_delivery,
        data_coding: pdu.data_coding,
        tlvs: pdu.tlvs,
        ..ShortMessage::default()
    })
}

/// data_sm has room for addresses that no mobile network has.
fn short<const N: usize>(address: &AddressUpTo<N>) -> Option<Address> {
    Address::new(address.ton, address.npi, &address.value)
}
