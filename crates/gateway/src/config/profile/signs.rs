//! How a peer is told what a handset shall do with a message.

use serde::Deserialize;

/// Where a class stands (I-4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClassForm {
    /// In data_coding.
    #[default]
    DataCoding,
    /// In the TLV dest_addr_subunit.
    Subunit,
}

/// Where it stands that something waits for a subscriber elsewhere (I-2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaitingForm {
    /// In data_coding and in the user data header, as far as it is said in both.
    #[default]
    Both,
    /// In data_coding alone, if it stands there.
    DataCoding,
    /// In the user data header alone, if it stands there.
    Header,
    /// In TLVs, if it is of one kind.
    Tlv,
}
