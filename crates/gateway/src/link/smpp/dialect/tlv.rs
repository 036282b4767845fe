//! Which TLVs pass; T-1.

use smpp::{TlvTag, Tlvs};

use crate::config::{Tag, TlvRules};

/// Drops, passes and adds. The body stays, wherever it stands.
pub(super) fn apply(rules: &TlvRules, tlvs: &mut Tlvs) {
    let is_added = |tag| rules.add.iter().any(|added| added.tag == tag);
    let passes = |tag: TlvTag| {
        let named = |tags: &[Tag]| tags.iter().any(|&Tag(named)| named == tag);
        tag == TlvTag::MESSAGE_PAYLOAD
            || !is_added(tag) && !named(&rules.drop) && rules.pass.as_deref().is_none_or(named)
    };
    let passing = tlvs.iter().filter(|(tag, _)| passes(*tag));
    let added = rules.add.iter().filter(|added| added.tag != TlvTag::MESSAGE_PAYLOAD);
    let added = added.map(|added| (added.tag, &added.value[..]));
    let left: Vec<_> = passing.chain(added).collect();
    *tlvs = Tlvs::of(&left).unwrap_or_default();
}

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
}
