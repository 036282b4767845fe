//! Which part of a long message the TLVs sar_msg_ref_num, sar_total_segments and sar_segment_seqnum say that it is, SMPP
//! 3.4 sections 5.3.2.22 to 5.3.2.24.

use bytes::Bytes;
use smpp::Tlvs;
use sms::udh::{Concatenation, Reference};

/// The part that these TLVs name, if that can be (N-3).
pub(crate) fn place(tlvs: &Tlvs) -> Option<Concatenation> {
    let (total, number) = (tlvs.sar_total_segments()?, tlvs.sar_segment_seqnum()?);
    let reference = Reference::Long(tlvs.sar_msg_ref_num()?);
    (total > 1 && (1..=total).contains(&number)).then_some(Concatenation { reference, total, number })
}

/// The same of TLVs as a message carries them.
pub(crate) fn place_of(tlvs: &Bytes) -> Option<Concatenation> {
    if tlvs.is_empty() { None } else { place(&Tlvs::from_wire(tlvs.clone())?) }
}
