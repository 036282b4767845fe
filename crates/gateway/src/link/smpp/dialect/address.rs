//! Addresses as the peer writes them.

use smpp::{AddressUpTo, CString};
use sms::Ton;

use crate::config::{AddressForm, AddressRule};

/// How the addresses of one direction are rewritten.
#[derive(Clone, Debug)]
pub(super) struct Addresses {
    source: Vec<AddressRule>,
    destination: Vec<AddressRule>,
}

impl Addresses {
    pub(super) fn new(source: &[AddressRule], destination: &[AddressRule]) -> Self {
        Self { source: source.to_vec(), destination: destination.to_vec() }
    }

    /// Whether they stay as they are.
    pub(super) fn are_kept(&self) -> bool {
        self.source.is_empty() && self.destination.is_empty()
    }

    /// Rewrites both by the first rule that fits.
    pub(super) fn rewrite<const N: usize>(
        &self,
        source: &mut AddressUpTo<N>,
        destination: &mut AddressUpTo<N>,
    ) {
        rewrite(&self.source, source);
        rewrite(&self.destination, destination);
    }
}

/// An address that would grow too long for its field stays as it is.
fn rewrite<const N: usize>(rules: &[AddressRule], address: &mut AddressUpTo<N>) {
    if rules.is_empty() || address.value.is_empty() {
        return;
    }
    let form = form(address);
    let rest_by = |rule: &AddressRule| {
        let fits = rule.form.is_none_or(|wanted| wanted == form);
        address.value.strip_prefix(rule.strip.as_bytes()).filter(|_| fits).map(<[u8]>::to_vec)
    };
    let Some((rule, rest)) = rules.iter().find_map(|rule| rest_by(rule).map(|rest| (rule, rest))) else {
        return;
    };
    let Some(value) = CString::new(&[rule.add.as_bytes(), &rest].concat()) else { return };
    *address =
        AddressUpTo { ton: rule.ton.unwrap_or(address.ton), npi: rule.npi.unwrap_or(address.npi), value };
}

/// What an address looks like.
fn form<const N: usize>(address: &AddressUpTo<N>) -> AddressForm {
    let plain = address.value.strip_prefix(b"+");
    let digits = plain.unwrap_or(&address.value);
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    if address.ton == Ton::ALPHANUMERIC.0 || !is_number {
        AddressForm::Alphanumeric
    } else if plain.is_some() || address.ton == Ton::INTERNATIONAL.0 {
        AddressForm::International
    } else if digits.len() < NUMBER_DIGITS_MIN {
        AddressForm::ShortCode
    } else {
        AddressForm::National
    }
}

/// Fewer digits are a short code.
const NUMBER_DIGITS_MIN: usize = 7;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use smpp::Address;

    use super::*;

    fn rewritten(rules: &[AddressRule], (ton, npi, value): (u8, u8, &str)) -> (u8, u8, String) {
        let mut address = Address::new(ton, npi, value.as_bytes()).unwrap();
        rewrite(rules, &mut address);
        (address.ton, address.npi, address.value.to_string())
    }

    fn rule(form: AddressForm, strip: &str, add: &str) -> AddressRule {
        let (strip, add) = (strip.to_owned(), add.to_owned());
        AddressRule { form: Some(form), strip, add, ..AddressRule::default() }
    }

    #[test]
    fn the_first_rule_that_fits_counts() {
        let national = AddressRule { ton: Some(1), npi: Some(1), ..rule(AddressForm::National, "0", "62") };
        let international = AddressRule { ton: Some(2), ..rule(AddressForm::International, "+", "00") };
        let short = AddressRule { ton: Some(3), npi: Some(0), ..rule(AddressForm::ShortCode, "", "") };
        let name = AddressRule { npi: Some(9), ..rule(AddressForm::Alphanumeric, "", "") };
        let rules = [national, international, short, name];
        let expected = |ton, npi, value: &str| (ton, npi, value.to_owned());
        assert_eq!(rewritten(&rules, (2, 8, "0812345678")), expected(1, 1, "62812345678"));
        assert_eq!(rewritten(&rules, (0, 1, "812345678")), expected(0, 1, "812345678"));
        assert_eq!(rewritten(&rules, (0, 1, "+62812345678")), expected(2, 1, "0062812345678"));
        assert_eq!(rewritten(&rules, (1, 1, "62812345678")), expected(1, 1, "62812345678"));
        assert_eq!(rewritten(&rules, (0, 1, "1234")), expected(3, 0, "1234"));
        assert_eq!(rewritten(&rules, (5, 0, "BANK")), expected(5, 9, "BANK"));
        assert_eq!(rewritten(&rules, (0, 0, "")), expected(0, 0, ""));
    }

    #[test]
    fn what_would_not_fit_stays() {
        let rules = [rule(AddressForm::National, "", "00")];
        let long = (0, 0, "1234567890123456789");
        assert_eq!(rewritten(&rules, long).2, long.2);
    }
}
