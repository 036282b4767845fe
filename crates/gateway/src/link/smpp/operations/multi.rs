//! submit_multi: one message for many destinations (O-3).

use smpp::{
    Address, Body, CString, CommandId, CommandStatus, Destination, FailedDestination, FailedDestinations,
    SubmitMulti, SubmitMultiResp, VERSION_5_0,
};
use sms::{MessageId, Substitution};
use store::Entry;

use super::super::relay::{Answer, Operation};
use super::super::{translate, values};
use super::transliterated::say;
use super::{Desk, operation, refused};
use crate::submission::Submission;

impl Desk {
    /// Takes over what can be, all under one id and all at once; the answer lists the rest. Where nothing
    /// can be, it is refused with the status of the first destination.
    pub(super) fn multi(&self, pdu: SubmitMulti) -> Result<Operation, CommandStatus> {
        self.check_number(pdu.destinations.len())?;
        match pdu.message.replace_if_present {
            0 => {}
            1 => return Err(CommandStatus::INVSUBREP),
            _ => return Err(CommandStatus::INVREPFLAG),
        }
        let mut shared = translate::shared_submission(&pdu.message, self.version, self.now())?;
        let addresses = addresses(&pdu)?;
        let substitutions = self.transliterate(&mut shared, &pdu.message.tlvs);
        let id = self.new_id()?;
        let (mut entries, mut failed) = (Vec::with_capacity(addresses.len()), Vec::new());
        for address in addresses {
            let member = u8::try_from(entries.len()).unwrap_or(u8::MAX);
            match self.admit_member(&shared, &address, (id, member)) {
                Ok(entry) => entries.push(entry),
                Err(status) => failed.push(FailedDestination { address, status }),
            }
        }
        match (entries.is_empty(), failed.first()) {
            (true, Some(first)) => Err(first.status),
            _ => Ok(self.keep(id, entries, failed, substitutions)),
        }
    }

    ///
    fn check_number(&self, number: usize) -> Result<(), CommandStatus> {
        let most = DESTINATIONS_MAX + usize::from(self.version >= VERSION_5_0);
        if (1..=most).contains(&number) { Ok(()) } else { Err(CommandStatus::INVNUMDESTS) }
    }

    fn admit_member(
        &self,
        shared: &Submission,
        address: &Address,
        id: (MessageId, u8),
    ) -> Result<Entry, CommandStatus> {
        values::check_destination(address)?;
        let destination = translate::address(address);
        let submission = Submission { id: Some(id), destination, ..shared.clone() };
        let admitted = self.admit(submission);
        admitted.map_err(|refusal| translate::status(&refusal).for_version(self.version))
    }

    fn keep(
        &self,
        id: MessageId,
        entries: Vec<Entry>,
        failed: Vec<FailedDestination>,
        substitutions: Vec<Substitution>,
    ) -> Operation {
        let desk = self.clone();
        operation(async move {
            let messages = entries.len() as u64;
            match desk.intake.accept(entries).await {
                Ok(()) => {
                    let body = desk.multi_resp(id, &failed, &substitutions);
                    Answer { status: CommandStatus::OK, body, messages }
                }
                Err(refusal) => refused(translate::status(&refusal), CommandId::SUBMIT_MULTI),
            }
        })
    }

    fn multi_resp(
        &self,
        id: MessageId,
        failed: &[FailedDestination],
        substitutions: &[Substitution],
    ) -> Body {
        let mut response = SubmitMultiResp {
            message_id: CString::clipped(&self.response(id).message_id),
            failed: FailedDestinations::of(failed).unwrap_or_default(),
            ..SubmitMultiResp::default()
        };
        say(&mut response.tlvs, substitutions);
        Body::SubmitMultiResp(response)
    }
}

/// The destinations, of which none may be a list: we keep none.
fn addresses(pdu: &SubmitMulti) -> Result<Vec<Address>, CommandStatus> {
    let address = |destination| match destination {
        Destination::Address(address) => Ok(address),
        Destination::DistributionList(_) => Err(CommandStatus::CNTSUBDL),
    };
    pdu.destinations.iter().map(address).collect()
}

/// SMPP 3.4 section 5.2.24; one more from 5.0 on.
const DESTINATIONS_MAX: usize = 254;
