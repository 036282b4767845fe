//! Which TLVs pass; T-1.

use smpp::{TlvTag, Tlvs};

use crate::config::{Tag, TlvRules};

/// Drops, passes and adds, for what goes to or comes from an SMSC, or an alert. What we cannot do without passes, whatever
/// is listed.
pub(super) fn apply(rules: &TlvRules, tlvs: &mut Tlvs) {
    apply_but(rules, tlvs, &[]);
}

/// The same for what goes to or comes from an ESME, whose own reference comes back in receipts.
pub(super) fn apply_for_esme(rules: &TlvRules, tlvs: &mut Tlvs) {
    apply_but(rules, tlvs, &[TlvTag::USER_MESSAGE_REFERENCE]);
}

fn apply_but(rules: &TlvRules, tlvs: &mut Tlvs, also_read: &[TlvTag]) {
    let is_added = |tag| rules.add.iter().any(|added| added.tag == tag);
    let passes = |tag: TlvTag| {
        let named = |tags: &[Tag]| tags.iter().any(|&Tag(named)| named == tag);
        let is_listed =
            rules.pass.as_deref().is_none_or(named) || READ.contains(&tag) || also_read.contains(&tag);
        !is_added(tag) && !named(&rules.drop) && is_listed
    };
    let passing = tlvs.iter().filter(|(tag, _)| Tag(*tag).is_indispensable() || passes(*tag));
    let added = rules.add.iter().map(|added| (added.tag, &added.value[..]));
    let left: Vec<_> = passing.chain(added).collect();
    *tlvs = Tlvs::of(&left).unwrap_or_default();
}

/// What we read, and write in receipts: a list of what passes is about what is only carried along.
const READ: [TlvTag; 4] = [
    TlvTag::RECEIPTED_MESSAGE_ID,
    TlvTag::MESSAGE_STATE,
    TlvTag::NETWORK_ERROR_CODE,
    TlvTag::QOS_TIME_TO_LIVE,
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::config::AddedTlv;

    fn applied(rules: &TlvRules) -> Vec<(u16, Vec<u8>)> {
        let mut tlvs = Tlvs::new();
        for (tag, value) in [(0x1400, &b"a"[..]), (0x1401, b"b"), (0x0424, b"body"), (0x1400, b"c")] {
            tlvs.push(TlvTag(tag), value).unwrap();
        }
        apply(rules, &mut tlvs);
        tlvs.iter().map(|(tag, value)| (tag.0, value.to_vec())).collect()
    }

    #[test]
    fn rules_drop_pass_and_add() {
        // T-1
        let tag = |tag| Tag(TlvTag(tag));
        let drop = TlvRules { drop: vec![tag(0x1400), tag(0x0424)], ..TlvRules::default() };
        assert_eq!(applied(&drop), [(0x1401, b"b".to_vec()), (0x0424, b"body".to_vec())]);
        let pass = TlvRules { pass: Some(vec![tag(0x1401)]), ..TlvRules::default() };
        assert_eq!(applied(&pass), [(0x1401, b"b".to_vec()), (0x0424, b"body".to_vec())]);
        let added = AddedTlv { tag: TlvTag(0x1400), value: b"x".to_vec() };
        let add = TlvRules { add: vec![added], ..TlvRules::default() };
        let expected = [(0x1401, b"b".to_vec()), (0x0424, b"body".to_vec()), (0x1400, b"x".to_vec())];
        assert_eq!(applied(&add), expected);
    }

    #[test]
    fn a_list_of_what_passes_leaves_what_we_read() {
        // T-1
        let ours = [0x001E, 0x0427, 0x0423, 0x0017, 0x020C, 0x020E, 0x020F, 0x0424];
        let left = |rules: &TlvRules| {
            let mut tlvs = Tlvs::new();
            ours.iter().for_each(|&tag| tlvs.push(TlvTag(tag), b"1").unwrap());
            apply(rules, &mut tlvs);
            tlvs.iter().map(|(tag, _)| tag.0).collect::<Vec<_>>()
        };
        let rules = TlvRules { pass: Some(Vec::new()), ..TlvRules::default() };
        assert_eq!(left(&rules), ours);
        let mut reference = Tlvs::new();
        reference.push_u16(TlvTag::USER_MESSAGE_REFERENCE, 7);
        apply_for_esme(&rules, &mut reference);
        assert_eq!(reference.user_message_reference(), Some(7));
        apply(&rules, &mut reference);
        assert!(reference.is_empty());
        let drop = [0x0427, 0x020C].map(|tag| Tag(TlvTag(tag))).to_vec();
        assert_eq!(
            left(&TlvRules { drop, ..rules }),
            [0x001E, 0x0423, 0x0017, 0x020C, 0x020E, 0x020F, 0x0424]
        );
    }
}
