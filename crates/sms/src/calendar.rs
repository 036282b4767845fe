//! The calendar: instants as dates and back, by the rules of the Gregorian calendar, in UTC.

use crate::Timestamp;

/// A date with the time of day, not bound to a time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Civil {
    pub(crate) year: i64,
    /// 1 to 12.
    pub(crate) month: u8,
    /// 1 to 31.
    pub(crate) day: u8,
    pub(crate) hour: u8,
    pub(crate) minute: u8,
    pub(crate) second: u8,
    /// 0 to 999.
    pub(crate) millisecond: u16,
}

impl Civil {
    /// The date and time of an instant in UTC.
    pub(crate) fn of(instant: Timestamp) -> Self {
        let (year, month, day) = civil_from_days((instant.0 / DAY_MS) as i64);
        let within = instant.0 % DAY_MS;
        Self {
            year,
            month,
            day,
            hour: (within / HOUR_MS) as u8,
            minute: (within / MINUTE_MS % 60) as u8,
            second: (within / 1000 % 60) as u8,
            millisecond: (within % 1000) as u16,
        }
    }

    /// As [`Civil::of`], held within the years that two digits can say: 2000 to 2099.
    pub(crate) fn of_two_digit_years(instant: Timestamp) -> Self {
        Self::of(instant.clamp(TWO_DIGIT_YEARS_START, TWO_DIGIT_YEARS_END))
    }

    /// Milliseconds since 1970 if this is UTC; `None` if there is no such date or time of day, or it is
    /// too far away to be counted.
    pub(crate) fn milliseconds(&self) -> Option<i64> {
        let exists = (1..=12).contains(&self.month)
            && (1..=days_in_month(self.year, self.month)).contains(&self.day)
            && self.hour < 24
            && self.minute < 60
            && self.second < 60
            && self.millisecond < 1000;
        let minutes = i64::from(self.hour) * 60 + i64::from(self.minute);
        let within = (minutes * 60 + i64::from(self.second)) * 1000 + i64::from(self.millisecond);
        let days = exists.then(|| days_from_civil(self.year, self.month, self.day))?;
        days.checked_mul(DAY_MS as i64)?.checked_add(within)
    }

    /// The instant that this is in UTC; `None` if [`Civil::milliseconds`] says so or it is before 1970.
    pub(crate) fn instant(&self) -> Option<Timestamp> {
        self.milliseconds().and_then(|milliseconds| u64::try_from(milliseconds).ok()).map(Timestamp)
    }

    /// The same day and time so many months later; the last day of the month where it has no such day.
    pub(crate) fn plus_months(self, months: u32) -> Self {
        let months = i64::from(months) + i64::from(self.month) - 1;
        let year = self.year + months / 12;
        let month = (months % 12 + 1) as u8;
        Self { year, month, day: self.day.min(days_in_month(year, month)), ..self }
    }
}

/// The number that two ASCII digits are.
pub(crate) fn two_digits(tens: u8, ones: u8) -> Option<u8> {
    (tens.is_ascii_digit() && ones.is_ascii_digit()).then(|| (tens - b'0') * 10 + (ones - b'0'))
}

const fn days_in_month(year: i64, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days from 1970-01-01. The year is counted from March, so that the leap day is its last.
const fn days_from_civil(year: i64, month: u8, day: u8) -> i64 {
    let (month, year) = if month > 2 { (month - 3, year) } else { (month + 9, year - 1) };
    let day_of_year = (153 * month as i64 + 2) / 5 + day as i64 - 1;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    365 * year + leap_days + day_of_year - EPOCH_DAYS
}

/// The reverse of [`days_from_civil`].
const fn civil_from_days(days: i64) -> (i64, u8, u8) {
    let days = days + EPOCH_DAYS;
    let era = days.div_euclid(ERA_DAYS);
    let day_of_era = days.rem_euclid(ERA_DAYS);
    let leap_free = day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096;
    let year_of_era = leap_free / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * month + 2) / 5 + 1) as u8;
    let year = era * 400 + year_of_era;
    if month < 10 { (year, month as u8 + 3, day) } else { (year + 1, month as u8 - 9, day) }
}

const DAY_MS: u64 = 86_400_000;
const HOUR_MS: u64 = 3_600_000;
const MINUTE_MS: u64 = 60_000;
/// Days of the 400 years after which the calendar repeats itself.
const ERA_DAYS: i64 = 146_097;
/// Days from 0000-03-01 to 1970-01-01.
const EPOCH_DAYS: i64 = 719_468;
/// 2000-01-01T00:00:00Z.
const TWO_DIGIT_YEARS_START: Timestamp = Timestamp(946_684_800_000);
/// 2099-12-31T23:59:59.999Z.
const TWO_DIGIT_YEARS_END: Timestamp = Timestamp(4_102_444_799_999);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn date(year: i64, month: u8, day: u8) -> Civil {
        Civil { year, month, day, hour: 0, minute: 0, second: 0, millisecond: 0 }
    }

    #[test]
    fn known_days() {
        let known = [
            (date(1970, 1, 1), 0),
            (date(1972, 2, 29), 789),
            (date(2000, 2, 29), 11_016),
            (date(2000, 3, 1), 11_017),
            (date(2012, 5, 17), 15_477),
            (date(2038, 1, 19), 24_855),
            (date(2100, 3, 1), 47_541),
        ];
        for (date, days) in known {
            assert_eq!(date.instant(), Some(Timestamp(days * DAY_MS)), "{date:?}");
            assert_eq!(Civil::of(Timestamp(days * DAY_MS)), date);
        }
        assert_eq!(date(1969, 12, 31).milliseconds(), Some(-86_400_000));
        assert_eq!(date(1969, 12, 31).instant(), None);
    }

    #[test]
    fn the_time_of_day() {
        let last = Civil { hour: 23, minute: 14, second: 7, millisecond: 999, ..date(2038, 1, 19) };
        assert_eq!(last.instant(), Some(Timestamp(2_147_555_647_999)));
        assert_eq!(Civil::of(Timestamp(2_147_555_647_999)), last);
    }

    // D-3
    #[test]
    fn dates_that_do_not_exist() {
        let wrong = [
            date(2011, 0, 1),
            date(2011, 13, 1),
            date(2011, 1, 0),
            date(2011, 4, 31),
            date(2011, 2, 29),
            date(2012, 2, 30),
            date(2100, 2, 29),
            Civil { hour: 24, ..date(2011, 1, 1) },
            Civil { minute: 60, ..date(2011, 1, 1) },
            Civil { second: 60, ..date(2011, 1, 1) },
        ];
        for date in wrong {
            assert_eq!(date.instant(), None, "{date:?}");
        }
    }

    #[test]
    fn months_later() {
        assert_eq!(date(2011, 1, 31).plus_months(1), date(2011, 2, 28));
        assert_eq!(date(2012, 1, 31).plus_months(1), date(2012, 2, 29));
        assert_eq!(date(2011, 12, 31).plus_months(2), date(2012, 2, 29));
        assert_eq!(date(2012, 2, 29).plus_months(12), date(2013, 2, 28));
        assert_eq!(date(2012, 5, 17).plus_months(99 * 12 + 99), date(2119, 8, 17));
    }

    #[test]
    fn two_digits_hold_a_century() {
        assert_eq!(Civil::of_two_digit_years(Timestamp(0)), date(2000, 1, 1));
        let last = Civil::of_two_digit_years(Timestamp(u64::MAX));
        assert_eq!((last.year, last.month, last.day, last.millisecond), (2099, 12, 31, 999));
    }

    proptest! {
        #[test]
        fn every_instant_is_a_date_and_back(milliseconds in 0_u64..=400 * 366 * DAY_MS) {
            prop_assert_eq!(Civil::of(Timestamp(milliseconds)).instant(), Some(Timestamp(milliseconds)));
        }

        #[test]
        fn no_instant_is_too_far(milliseconds: u64) {
            prop_assert!(Civil::of(Timestamp(milliseconds)).year >= 1970);
        }
    }
}
