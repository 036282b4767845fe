//! The times of SMPP: validity_period, schedule_delivery_time, final_date (SMPP 3.4 section 7.1.1).

use std::time::Duration;

use arrayvec::ArrayString;

use crate::Timestamp;
use crate::calendar::{Civil, two_digits};

/// Reads a time in the form "YYMMDDhhmmsstnnp", without the terminating NUL, at the instant `now`.
///
/// Nothing is no time: `None`. With `+` or `-` it is a local time so many quarters of an hour ahead of
/// or behind UTC, in the years 2000 to 2099. With `R` it is a span from `now` in years and months of
/// the calendar, days, hours, minutes and seconds, each 0 to 99; its `tnn` is ignored, and a span of
/// zero is `now`. Whether an instant in the past or far away is of use is not judged here.
///
/// # Errors
/// The text is not of this form, or says a date or time that does not exist.
pub fn parse_smpp_time(text: &[u8], now: Timestamp) -> Result<Option<Timestamp>, TimeError> {
    if text.is_empty() {
        return Ok(None);
    }
    let text: &[u8; 16] = text.try_into().map_err(|_| TimeError::Length)?;
    let [fields @ .., tenths, quarters_tens, quarters_ones, mark] = text;
    let fields = pairs(fields)?;
    let tenths = two_digits(b'0', *tenths).ok_or(TimeError::NotDigits)?;
    let quarters = two_digits(*quarters_tens, *quarters_ones).ok_or(TimeError::NotDigits)?;
    match mark {
        b'R' => Ok(Some(relative(fields, now))),
        b'+' => absolute(fields, tenths, -offset_ms(quarters)?).map(Some),
        b'-' => absolute(fields, tenths, offset_ms(quarters)?).map(Some),
        _ => Err(TimeError::Mark),
    }
}

/// Writes an instant in the absolute form, in UTC and cut to a tenth of a second.
///
/// The form has room for the years 2000 to 2099; other instants become the nearest of these.
#[must_use]
pub fn format_smpp_time(instant: Timestamp) -> ArrayString<16> {
    let mut text = *b"000000000000000+";
    let civil = Civil::of_two_digit_years(instant);
    let fields = [(civil.year % 100) as u8, civil.month, civil.day, civil.hour, civil.minute, civil.second];
    for (pair, field) in text.chunks_exact_mut(2).zip(fields) {
        pair.copy_from_slice(&[b'0' + field / 10, b'0' + field % 10]);
    }
    text[12] = b'0' + (civil.millisecond / 100) as u8;
    // Digits and a sign are always UTF-8.
    ArrayString::from_byte_string(&text).unwrap_or_default()
}

/// Writes a span in the relative form, in days, hours, minutes and whole seconds.
///
/// The form has room for a hundred days less a second; a longer span is cut to that. What is left of a second is left out, but the shortest span is
/// a second: none at all would be no time.
#[must_use]
pub fn format_smpp_span(span: Duration) -> ArrayString<16> {
    let mut text = *b"000000000000000R";
    let seconds = span.as_secs().clamp(1, SPAN_SECONDS_MAX);
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    let fields = [hours / 24, hours % 24, minutes % 60, seconds % 60];
    for (pair, field) in text[4..].chunks_exact_mut(2).zip(fields) {
        pair.copy_from_slice(&[b'0' + (field / 10) as u8, b'0' + (field % 10) as u8]);
    }
    // Digits and a letter are always UTF-8.
    ArrayString::from_byte_string(&text).unwrap_or_default()
}

/// Why a time cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// It does not have 16 characters, nor none.
    #[error("a time has 16 characters or none")]
    Length,
    /// There is something else where a digit must be.
    #[error("a time is made of digits")]
    NotDigits,
    /// There is no such date or time of day.
    #[error("there is no such date or time of day")]
    NoSuchDate,
    /// The offset from UTC is more than 48 quarters of an hour.
    #[error("a time is at most 48 quarters of an hour from UTC")]
    Offset,
    /// It ends neither with `+` or `-` nor with `R`.
    #[error("a time ends with +, - or R")]
    Mark,
}

fn pairs(digits: &[u8; 12]) -> Result<[u8; 6], TimeError> {
    let mut fields = [0; 6];
    let (pairs, _) = digits.as_chunks::<2>();
    for (field, &[tens, ones]) in fields.iter_mut().zip(pairs) {
        *field = two_digits(tens, ones).ok_or(TimeError::NotDigits)?;
    }
    Ok(fields)
}

fn offset_ms(quarters: u8) -> Result<i64, TimeError> {
    if quarters <= QUARTERS_MAX { Ok(i64::from(quarters) * QUARTER_MS) } else { Err(TimeError::Offset) }
}

fn absolute(
    [year, month, day, hour, minute, second]: [u8; 6],
    tenths: u8,
    to_utc_ms: i64,
) -> Result<Timestamp, TimeError> {
    let (year, millisecond) = (2000 + i64::from(year), u16::from(tenths) * 100);
    let local = Civil { year, month, day, hour, minute, second, millisecond };
    let utc_ms = local.milliseconds().ok_or(TimeError::NoSuchDate)? + to_utc_ms;
    u64::try_from(utc_ms).map(Timestamp).map_err(|_| TimeError::NoSuchDate)
}

fn relative([years, months, days, hours, minutes, seconds]: [u8; 6], now: Timestamp) -> Timestamp {
    let months = u32::from(years) * 12 + u32::from(months);
    let from = if months == 0 { now } else { Civil::of(now).plus_months(months).instant().unwrap_or(now) };
    let minutes = (u64::from(days) * 24 + u64::from(hours)) * 60 + u64::from(minutes);
    from.plus(Duration::from_secs(minutes * 60 + u64::from(seconds)))
}

const QUARTER_MS: i64 = 15 * 60 * 1000;
const QUARTERS_MAX: u8 = 48;
/// A second less than a hundred days.
const SPAN_SECONDS_MAX: u64 = 100 * 24 * 3600 - 1;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    /// 2012-05-17T01:30:00Z.
    const MAY: Timestamp = Timestamp(1_337_218_200_000);

    fn parse(text: &str) -> Result<Option<Timestamp>, TimeError> {
        parse_smpp_time(text.as_bytes(), MAY)
    }

    // D-1
    #[test]
    fn absolute_times() {
        assert_eq!(parse(""), Ok(None));
        assert_eq!(parse("120517083000028+"), Ok(Some(MAY)));
        assert_eq!(parse("120516133000048-"), Ok(Some(MAY)));
        assert_eq!(parse("261231235959948-"), Ok(Some(Timestamp(1_798_804_799_900))));
        assert_eq!(&format_smpp_time(Timestamp(1_798_804_799_900)), "270101115959900+");
        assert_eq!(parse("000101000000048+"), Ok(Some(Timestamp(946_641_600_000))));
    }

    // D-2
    #[test]
    fn relative_times() {
        let after = |text: &str| parse(text).unwrap().unwrap().since(MAY).as_secs();
        assert_eq!(after("000001000000000R"), 86_400);
        assert_eq!(after("000000000500000R"), 300);
        assert_eq!(after("000000480000000R"), 48 * 3600);
        assert_eq!(after("000000000000000R"), 0);
        assert_eq!(after("000000000001927R"), 1, "tnn says nothing");
    }

    // D-2
    #[test]
    fn spans() {
        let written = |milliseconds| format_smpp_span(Duration::from_millis(milliseconds));
        assert_eq!(&written(0), "000000000001000R");
        assert_eq!(&written(61_999), "000000000101000R");
        assert_eq!(&written(7 * 86_400_000 - 1), "000006235959000R");
        assert_eq!(&written(u64::MAX), "000099235959000R");
    }

    // D-2
    #[test]
    fn years_and_months_are_those_of_the_calendar() {
        let at = |text: &str| format_smpp_time(parse(text).unwrap().unwrap());
        assert_eq!(&at("000100000000000R"), "120617013000000+");
        assert_eq!(&at("010000000000000R"), "130517013000000+");
        assert_eq!(&at("020610233429000R"), "141128010429000+");
        assert_eq!(&at("000914000000000R"), "130303013000000+");
    }

    // D-3
    #[test]
    fn what_is_no_time() {
        let wrong = [
            ("1", TimeError::Length),
            ("120517083000028", TimeError::Length),
            ("120517083000028+\0", TimeError::Length),
            ("12O517083000028+", TimeError::NotDigits),
            ("120517083000 28+", TimeError::NotDigits),
            ("1205170830000-8+", TimeError::NotDigits),
            ("121317083000028+", TimeError::NoSuchDate),
            ("120017083000028+", TimeError::NoSuchDate),
            ("120230083000028+", TimeError::NoSuchDate),
            ("110229083000028+", TimeError::NoSuchDate),
            ("120517240000028+", TimeError::NoSuchDate),
            ("120517086000028+", TimeError::NoSuchDate),
            ("120517083060028+", TimeError::NoSuchDate),
            ("120517083000049+", TimeError::Offset),
            ("120517083000049-", TimeError::Offset),
            ("120517083000028 ", TimeError::Mark),
            ("000001000000000r", TimeError::Mark),
        ];
        for (text, error) in wrong {
            assert_eq!(parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn the_form_ends_with_the_century() {
        assert_eq!(&format_smpp_time(Timestamp(0)), "000101000000000+");
        assert_eq!(&format_smpp_time(Timestamp(u64::MAX)), "991231235959900+");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(tenths in 9_466_848_000_u64..41_024_448_000) {
            let instant = Timestamp(tenths * 100);
            prop_assert_eq!(parse_smpp_time(format_smpp_time(instant).as_bytes(), MAY), Ok(Some(instant)));
        }

        #[test]
        fn any_octets_are_a_time_or_an_error(text in prop::collection::vec(any::<u8>(), 0..20), now: u64) {
            let digits = text.iter().all(u8::is_ascii_digit);
            prop_assert!(!digits || text.is_empty() || parse_smpp_time(&text, Timestamp(now)).is_err());
        }

        #[test]
        fn a_span_never_ends_before_now(digits in "[0-9]{15}", now: u64) {
            let end = parse_smpp_time(format!("{digits}R").as_bytes(), Timestamp(now)).unwrap().unwrap();
            prop_assert!(end >= Timestamp(now));
        }
    }
}
