//! How numbers start, whatever way they are written: Kannel's `unified-prefix`.

use std::borrow::Cow;

use serde::Deserialize;

/// Prefixes with what stands in their place: `+62,0062,0;-,+99`. The first that a number starts with counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct UnifiedPrefix(Vec<(String, String)>);

impl UnifiedPrefix {
    /// Each prefix with what stands in its place, in their order.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(start, instead)| (start.as_str(), instead.as_str()))
    }

    /// A number as it is meant.
    pub(crate) fn apply<'n>(&self, number: &'n str) -> Cow<'n, str> {
        let meant = |(start, instead)| Some(format!("{instead}{}", number.strip_prefix(start)?));
        self.pairs().find_map(meant).map_or(Cow::Borrowed(number), Cow::Owned)
    }
}

impl TryFrom<String> for UnifiedPrefix {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let mut pairs = Vec::new();
        for group in text.split(';').map(str::trim).filter(|group| !group.is_empty()) {
            let mut words = group.split(',').map(str::trim);
            let instead = words.next().filter(|word| *word == "-" || is_prefix(word));
            let instead = instead.ok_or_else(|| wrong(group))?.trim_start_matches('-');
            let starts: Vec<&str> = words.collect();
            if starts.is_empty() || !starts.iter().all(|start| is_prefix(start)) {
                return Err(wrong(group));
            }
            pairs.extend(starts.into_iter().map(|start| (start.to_owned(), instead.to_owned())));
        }
        Ok(Self(pairs))
    }
}

fn is_prefix(word: &str) -> bool {
    let digits = word.strip_prefix('+').unwrap_or(word);
    !word.is_empty() && digits.bytes().all(|octet| octet.is_ascii_digit())
}

fn wrong(group: &str) -> String {
    format!("\"{group}\" is no prefix with those that it stands for: \"+62,0062,0\", or \"-,99\" for none")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    // KN-52: observed of bearerbox 1.4.5
    #[test]
    fn numbers_start_as_the_first_prefix_says_that_fits() {
        let unified = UnifiedPrefix::try_from("+62,0062,0; -,+99;49,+49,99;".to_owned()).unwrap();
        for (number, meant) in [
            ("0812345678", "+62812345678"),
            ("+62812345", "+62812345"),
            ("0062812", "+62812"),
            ("62812", "62812"),
            ("+99512345", "512345"),
            ("+49151", "49151"),
            ("99151", "49151"),
        ] {
            assert_eq!(unified.apply(number), meant, "{number}");
        }
        assert_eq!(UnifiedPrefix::default().apply("0"), "0");
    }

    #[test]
    fn what_is_no_prefix_is_named() {
        for text in ["+62", "+62,", ",0", "a,0", "+62,0;x", "-"] {
            let error = UnifiedPrefix::try_from(text.to_owned()).unwrap_err();
            assert!(error.contains("is no prefix"), "{text}: {error}");
        }
    }
}
