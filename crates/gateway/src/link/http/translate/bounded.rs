//! Arrays of which no more is kept than may be there: an item takes many times the octets that it is written with.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// The items of an array; one more than `MAX` if it has more than that.
pub(super) struct UpTo<const MAX: usize, T>(pub(super) Vec<T>);

impl<'de, const MAX: usize, T: Deserialize<'de>> Deserialize<'de> for UpTo<MAX, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ItemsVisitor::<MAX, T>(PhantomData)).map(Self)
    }
}

struct ItemsVisitor<const MAX: usize, T>(PhantomData<T>);

impl<'de, const MAX: usize, T: Deserialize<'de>> Visitor<'de> for ItemsVisitor<MAX, T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, array: A) -> Result<Vec<T>, A::Error> {
        items::<MAX, T, A>(array)
    }
}

/// The items that come; one more than `MAX` if there are more than that.
pub(super) fn items<'de, const MAX: usize, T: Deserialize<'de>, A: SeqAccess<'de>>(
    mut array: A,
) -> Result<Vec<T>, A::Error> {
    let mut items = Vec::new();
    while items.len() <= MAX {
        match array.next_element()? {
            Some(item) => items.push(item),
            None => return Ok(items),
        }
    }
    while array.next_element::<IgnoredAny>()?.is_some() {}
    Ok(items)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_more_than_may_be_is_kept_and_the_rest_is_passed_over() {
        let read = |json| serde_json::from_str::<UpTo<2, u8>>(json).ok().map(|UpTo(items)| items);
        assert_eq!(read("[]"), Some(vec![]));
        assert_eq!(read("[1, 2]"), Some(vec![1, 2]));
        assert_eq!(read("[1, 2, 3, 4, \"x\"]"), Some(vec![1, 2, 3]));
        for wrong in ["[1, \"x\"]", "[1, 2, 3, 4", "7", "{}"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
