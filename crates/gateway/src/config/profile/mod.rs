//! A profile: how an SMSC, or an ESME, speaks SMPP. It has a name and is told of once.

mod address;
mod alphabet;
mod receipt;
mod resolve;
mod retry;
mod signs;
#[cfg(test)]
mod tests;
mod tlv;
mod validity;

use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;

use super::checked::Text;
use super::name::Name;

pub use address::{AddressForm, AddressRule};
pub use alphabet::{ByteOrder, DataCodings, DefaultAlphabet, Languages};
pub use receipt::{IdForm, OnUnknown, ReceiptIdFrom, UtcOffset};
pub(super) use resolve::Profiles;
pub use retry::{RetryRule, Statuses};
pub use signs::{ClassForm, WaitingForm};
pub use tlv::{AddedTlv, Tag, TlvRules};
pub use validity::ValidityForm;

/// Hands what a profile says to another macro, behind `$own`: one list for all tables that may say it.
macro_rules! profile_keys {
    ($then:ident, $own:tt) => {
        $then! { $own
            /// The version that we offer in the bind.
            version: Version,
            /// The version that an SMSC speaks which states none; absent: 3.3 (V-5).
            unstated_version: Option<Version>,
            /// What kind of ESME we are; often empty.
            system_type: Text<12>,
            /// The addresses that we serve, as the SMSC wants them in the bind.
            address_range: Text<40>,
            /// Type of number of the address range.
            address_range_ton: u8,
            /// Numbering plan of the address range.
            address_range_npi: u8,
            /// What data_coding 0 means there, in both directions (C-3).
            default_alphabet: DefaultAlphabet,
            /// The data_codings that say an alphabet there, where they are not the standard's.
            data_coding: DataCodings,
            /// GSM text goes packed, eight characters in seven octets (G-3).
            packed: bool,
            /// Whose national tables texts may be written in (G-1).
            national: Languages,
            /// The order of the octets in UCS-2.
            ucs2_order: ByteOrder,
            /// How messages go that are too long for one segment (N-1).
            long_messages: Splitting,
            /// Where a class stands that a message has (I-4).
            message_class: ClassForm,
            /// Where it stands that something waits for a subscriber (I-2).
            message_waiting: WaitingForm,
            /// How an SMSC is told until when it may try (D-1, D-2).
            validity: ValidityForm,
            /// How message ids are written in submit_sm_resp.
            response_id: IdForm,
            /// How they are written in receipts; both are compared by value.
            receipt_id: IdForm,
            /// Where a receipt names the message.
            receipt_id_from: ReceiptIdFrom,
            /// A deliver_sm is a receipt by what it says, whatever its esm_class.
            receipts_by_content: bool,
            /// The time zone of the dates in receipts.
            receipt_time_zone: UtcOffset,
            /// How sources are rewritten that leave; the first rule that fits counts.
            source_out: Vec<AddressRule>,
            /// How destinations are rewritten that leave.
            destination_out: Vec<AddressRule>,
            /// How sources are rewritten that come in.
            source_in: Vec<AddressRule>,
            /// How destinations are rewritten that come in.
            destination_in: Vec<AddressRule>,
            /// Which TLVs leave (T-1).
            tlv_out: TlvRules,
            /// Which TLVs come in.
            tlv_in: TlvRules,
            /// What to do when nobody knows whether the SMSC took a segment over.
            on_unknown: OnUnknown,
            /// Statuses after which a segment is tried again; absent: 04, 08, 14, 58, 64, FF and 102.
            retry_statuses: Option<Vec<u32>>,
            /// How it is tried again after certain statuses; goes before `retry_statuses`.
            retry: Vec<RetryRule>,
        }
    };
}

macro_rules! profile {
    ([] $($(#[$doc:meta])+ $key:ident: $type:ty,)+) => {
        /// How a peer speaks SMPP, with nothing left open. The default is the standard's 3.4.
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct Profile { $($(#[$doc])+ pub $key: $type,)+ }
    };
}

/// Declares a table that has keys of its own and may also say whatever a profile says.
macro_rules! profile_table {
    (
        [$(#[$meta:meta])* pub struct $name:ident { $($own:tt)* }]
        $($(#[$doc:meta])+ $key:ident: $type:ty,)+
    ) => {
        $(#[$meta])*
        pub struct $name {
            $($own)*
            $($(#[$doc])+ $key: Option<$type>,)+
        }

        impl $crate::config::profile::Overrides for $name {
            fn apply(&self, profile: &mut $crate::config::Profile) {
                $(if let Some(value) = &self.$key {
                    profile.$key = value.clone();
                })+
            }
        }
    };
}

pub(super) use {profile_keys, profile_table};

profile_keys!(profile, []);

/// What says some of a profile.
pub(super) trait Overrides {
    /// Puts what is said here in place of what `profile` says.
    fn apply(&self, profile: &mut Profile);
}

profile_keys!(profile_table, [
    /// A profile of the file.
    #[derive(Clone, Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct ProfileConfig {
        /// What it is named by.
        pub name: Name,
        /// The profiles that it starts from: presets, or ones that stand before it.
        base: Option<Spanned<ProfileNames>>,
    }
]);

/// Says nothing of its own.
impl Overrides for () {
    fn apply(&self, _profile: &mut Profile) {}
}

/// One profile or several; of what two of them say, the later counts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum ProfileNames {
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}

impl ProfileNames {
    fn iter(&self) -> impl Iterator<Item = &str> {
        let names = match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Several(names) => names,
        };
        names.iter().map(String::as_str)
    }
}

/// A version of SMPP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum Version {
    /// Without TLVs.
    #[serde(rename = "3.3")]
    V3_3,
    /// With TLVs and transceivers.
    #[default]
    #[serde(rename = "3.4")]
    V3_4,
    /// With congestion_state.
    #[serde(rename = "5.0")]
    V5_0,
}

impl Version {
    /// Its interface_version.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::V3_3 => smpp::VERSION_3_3,
            Self::V3_4 => smpp::VERSION_3_4,
            Self::V5_0 => smpp::VERSION_5_0,
        }
    }
}

/// How messages go that are too long for one segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Splitting {
    /// In parts with a user data header and a reference of 8 bits.
    #[default]
    #[serde(rename = "udh-8")]
    Udh8,
    /// In parts with a user data header and a reference of 16 bits.
    #[serde(rename = "udh-16")]
    Udh16,
    /// In parts that the sar_* TLVs tell apart.
    #[serde(rename = "sar")]
    Sar,
    /// Whole, in message_payload: the SMSC splits them.
    #[serde(rename = "message_payload")]
    Payload,
}

/// The profile of a link, shared by its sessions.
pub(crate) type SharedProfile = Arc<Profile>;
