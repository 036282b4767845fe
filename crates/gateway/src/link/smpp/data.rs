//! data_sm: a message whose body is a TLV. It is carried as the submit_sm or deliver_sm that says the same (O-7).

use smpp::{Address, AddressUpTo, CommandStatus, DataSm, ShortMessage, TlvTag};

/// The submit_sm with the same content.
///
/// # Errors
/// The status that refuses it: it has no message_payload, or an address longer than any network has.
pub(super) fn as_submit(pdu: DataSm) -> Result<ShortMessage, CommandStatus> {
    saying(pdu, &[TlvTag::MESSAGE_PAYLOAD])
}

/// The deliver_sm with the same content; a receipt may say all that it says in other TLVs.
///
/// # Errors
/// The status that refuses it, as in [`as_submit`].
pub(super) fn as_deliver(pdu: DataSm) -> Result<ShortMessage, CommandStatus> {
    saying(pdu, &[TlvTag::MESSAGE_PAYLOAD, TlvTag::RECEIPTED_MESSAGE_ID])
}

fn saying(pdu: DataSm, any_of: &[TlvTag]) -> Result<ShortMessage, CommandStatus> {
    if !any_of.iter().any(|tag| pdu.tlvs.get(*tag).is_some()) {
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
