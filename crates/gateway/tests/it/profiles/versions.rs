//! The version that is offered, and the one that is spoken.

use simulator::{Smsc, SmscConfig};
use smpp::{BindMode, TlvTag};

use super::{between, submitted, to_ani};
use crate::harness::{SOON, centre_with};

async fn speaking(interface_version: u8) -> Smsc {
    centre_with(SmscConfig { interface_version, ..SmscConfig::default() }).await
}

/// Whether a TLV of the ESME's arrives at an SMSC that speaks this version, and what version was offered.
async fn tlvs_pass(interface_version: u8, profile: &str) -> (bool, u8) {
    let telco = speaking(interface_version).await;
    let (_gateway, bank) = between(&telco, profile).await;
    let mut message = to_ani(0, b"hello");
    message.tlvs.push(TlvTag(0x1400), b"entity").unwrap();
    bank.submit_pdu(message).await.unwrap();
    let message = submitted(&telco, 1).await.remove(0);
    (message.tlvs.get(TlvTag(0x1400)) == Some(b"entity"), telco.binds()[0].interface_version)
}

#[tokio::test]
async fn each_version_is_offered_and_spoken() {
    // V-1, V-2, V-3, V-5
    assert_eq!(tlvs_pass(0x34, "").await, (true, 0x34));
    assert_eq!(tlvs_pass(0x34, "profile = \"smpp-3.4\"").await, (true, 0x34));
    assert_eq!(tlvs_pass(0x34, "profile = \"smpp-3.3\"").await, (false, 0x33));
    assert_eq!(tlvs_pass(0x50, "profile = \"smpp-5.0\"").await, (true, 0x50));
    assert_eq!(tlvs_pass(0x34, "profile = \"smpp-5.0\"").await, (true, 0x50));
}

#[tokio::test]
async fn an_smsc_that_states_no_version_gets_no_tlvs() {
    // V-5
    assert_eq!(tlvs_pass(0x33, "").await, (false, 0x34));
}

#[tokio::test]
async fn unless_it_only_forgets_to_say_it() {
    // V-5
    assert_eq!(tlvs_pass(0x33, "profile = \"unstated-3.4\"").await, (true, 0x34));
}

#[tokio::test]
async fn the_bind_says_what_the_smsc_wants() {
    let telco = speaking(0x34).await;
    let keys = "system_type = \"CP\"\naddress_range = \"^9876$\"\naddress_range_ton = 1\naddress_range_npi = 9\n\
                bind = \"transmitter+receiver\"";
    let (_gateway, _bank) = between(&telco, keys).await;
    telco.stats_when(SOON, |stats| stats.binds == 2).await.unwrap();
    for bind in telco.binds() {
        assert_eq!((&bind.system_type[..], &bind.address_range[..]), (&b"CP"[..], &b"^9876$"[..]));
        assert_eq!((bind.addr_ton, bind.addr_npi), (1, 9));
        assert!(bind.mode != BindMode::Transceiver);
    }
}
