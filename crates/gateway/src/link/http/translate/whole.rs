//! Whole numbers, however JSON writes them: 3, 3.0 and 3e0 are one (JSON Schema 2020-12, 4.2.3).

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

/// Reads a number that `T` has room for.
pub(super) fn number<'de, T: TryFrom<u64>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_u64(Whole(PhantomData))
}

/// Reads the same, or null.
pub(super) fn optional<'de, T: TryFrom<u64>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    struct Number<T>(T);
    impl<'de, T: TryFrom<u64>> Deserialize<'de> for Number<T> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            number(deserializer).map(Self)
        }
    }
    Ok(Option::<Number<T>>::deserialize(deserializer)?.map(|Number(number)| number))
}

/// The whole number that a number of JSON is; one beyond all bounds is the greatest.
pub(super) fn of(number: f64) -> Option<u64> {
    (number >= 0.0 && number.fract() == 0.0).then_some(number as u64)
}

struct Whole<T>(PhantomData<T>);

impl<T: TryFrom<u64>> Visitor<'_> for Whole<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number of {} bits", 8 * size_of::<T>())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        T::try_from(number).map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<T, E> {
        of(number)
            .and_then(|number| T::try_from(number).ok())
            .ok_or_else(|| E::invalid_value(Unexpected::Float(number), &self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Read {
        #[serde(default, deserialize_with = "optional")]
        octet: Option<u8>,
    }

    #[test]
    fn a_number_is_what_it_is_worth() {
        for (json, octet) in [
            ("{}", Some(None)),
            (r#"{"octet":null}"#, Some(None)),
            (r#"{"octet":255}"#, Some(Some(255))),
            (r#"{"octet":255.0}"#, Some(Some(255))),
            (r#"{"octet":1e1}"#, Some(Some(10))),
            (r#"{"octet":256}"#, None),
            (r#"{"octet":1.5}"#, None),
            (r#"{"octet":-1}"#, None),
            (r#"{"octet":-1.0}"#, None),
            (r#"{"octet":1e300}"#, None),
            (r#"{"octet":"1"}"#, None),
        ] {
            assert_eq!(serde_json::from_str::<Read>(json).ok().map(|read| read.octet), octet, "{json}");
        }
    }

    #[test]
    fn what_is_beyond_all_bounds_is_the_greatest() {
        assert_eq!(of(1e30), Some(u64::MAX));
        assert_eq!((of(f64::NAN), of(f64::INFINITY)), (None, None));
    }
}
