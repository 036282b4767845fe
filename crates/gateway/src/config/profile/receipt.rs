//! How receipts are read, and what counts without one.

use std::time::Duration;

use serde::Deserialize;
use sms::Timestamp;

/// How message ids are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IdForm {
    /// As a text.
    #[default]
    String,
    /// As a decimal number.
    Decimal,
    /// As a hexadecimal number.
    Hex,
}

impl From<IdForm> for store::RemoteIdForm {
    fn from(form: IdForm) -> Self {
        match form {
            IdForm::String => Self::Text,
            IdForm::Decimal => Self::Decimal,
            IdForm::Hex => Self::Hexadecimal,
        }
    }
}

/// Where a receipt names its message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReceiptIdFrom {
    /// In receipted_message_id, or else in its text.
    #[default]
    Any,
    /// In receipted_message_id; the id in the text is another one.
    Tlv,
    /// In the text; receipted_message_id is another one.
    Text,
}

/// What to do when the outcome of a submit_sm is unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnUnknown {
    /// Send it again, at the risk of a duplicate.
    #[default]
    Retry,
    /// Do not send it again: wait for a late response or a receipt until its time is up.
    Hold,
}

/// How far local time is ahead of UTC, or behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct UtcOffset {
    minutes: i16,
}

impl UtcOffset {
    /// The instant of a local time that was read as if it were UTC.
    pub(crate) fn instant(self, local: Timestamp) -> Timestamp {
        let offset = Duration::from_secs(60 * u64::from(self.minutes.unsigned_abs()));
        if self.minutes < 0 {
            return local.plus(offset);
        }
        Timestamp(local.0.saturating_sub(u64::try_from(offset.as_millis()).unwrap_or(u64::MAX)))
    }
}

impl TryFrom<String> for UtcOffset {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a time zone is written like +07:00 or -03:30")
    }
}

impl UtcOffset {
    fn parse(text: &str) -> Option<Self> {
        let (sign, digits) = match text.split_at_checked(1)? {
            ("+", digits) => (1, digits),
            ("-", digits) => (-1, digits),
            _ => return None,
        };
        let (hours, minutes) = digits.split_once(':')?;
        let number = |digits: &str| {
            let two = digits.len() == 2 && digits.bytes().all(|octet| octet.is_ascii_digit());
            two.then(|| digits.parse::<i16>().ok()).flatten()
        };
        let (hours, minutes) = (number(hours)?, number(minutes)?);
        (hours <= 14 && minutes < 60).then_some(Self { minutes: sign * (60 * hours + minutes) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_times_become_instants() {
        //
        let noon = Timestamp(12 * 3_600_000);
        let instant = |zone: &str| UtcOffset::parse(zone).map(|zone| zone.instant(noon).0 / 60_000);
        assert_eq!(instant("+07:00"), Some(5 * 60));
        assert_eq!(instant("-03:30"), Some(15 * 60 + 30));
        assert_eq!(instant("+00:00"), Some(12 * 60));
        for wrong in ["", "7", "+7", "+7:00", "+07:60", "+15:00", "07:00", "+07:0x", "é7:00"] {
            assert_eq!(UtcOffset::parse(wrong), None, "{wrong}");
        }
    }
}
