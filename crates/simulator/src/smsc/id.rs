//! Message ids in the forms that message centres use.

use std::io::Write;

use smpp::CString;

/// How a message centre writes the number of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IdForm {
    /// Eight decimal digits.
    #[default]
    Decimal,
    /// Hexadecimal digits, upper case.
    Hex,
    /// Hexadecimal digits in the response and ten decimal ones in the receipt.
    HexThenDecimal,
    /// Decimal digits in the response and eight hexadecimal ones, lower case, in the receipt.
    DecimalThenHex,
    /// Letters, digits and hyphens that are no number.
    Text,
}

impl IdForm {
    /// The id as submit_sm_resp says it.
    pub(super) fn in_response(self, number: u32) -> CString<64> {
        match self {
            Self::Decimal => written(format_args!("{number:08}")),
            Self::DecimalThenHex => written(format_args!("{number}")),
            Self::Hex => written(format_args!("{number:X}")),
            Self::HexThenDecimal => written(format_args!("{number:x}")),
            Self::Text => written(format_args!("mc-{number:08x}-q")),
        }
    }

    /// The id as the receipt says it.
    pub(super) fn in_receipt(self, number: u32) -> CString<64> {
        match self {
            Self::HexThenDecimal => written(format_args!("{number:010}")),
            Self::DecimalThenHex => written(format_args!("{number:08x}")),
            other => other.in_response(number),
        }
    }
}

/// Numbers stay below this, so that all but [`IdForm::Text`] suit SMPP 3.3, which has room for eight digits.
pub(super) const NUMBERS: u32 = 100_000_000;

fn written(text: std::fmt::Arguments<'_>) -> CString<64> {
    let mut octets = [0; 64];
    // What does not fit is cut; no form is that long.
    let _ = octets.as_mut_slice().write_fmt(text);
    CString::clipped(&octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    // R-3, V-5
    #[test]
    fn ids_are_the_same_number_in_every_form() {
        let both = |form: IdForm| [form.in_response(48_879).to_string(), form.in_receipt(48_879).to_string()];
        assert_eq!(both(IdForm::Decimal), ["00048879", "00048879"]);
        assert_eq!(both(IdForm::Hex), ["BEEF", "BEEF"]);
        assert_eq!(both(IdForm::HexThenDecimal), ["beef", "0000048879"]);
        assert_eq!(both(IdForm::DecimalThenHex), ["48879", "0000beef"]);
        assert_eq!(both(IdForm::Text), ["mc-0000beef-q", "mc-0000beef-q"]);
        for form in [IdForm::Decimal, IdForm::Hex, IdForm::HexThenDecimal, IdForm::DecimalThenHex] {
            assert!(form.in_response(NUMBERS - 1).len() <= 8);
        }
    }
}
