//! Whom the requests of an account may send to, as Kannel has it.

use super::{Expression, SendsmsConfig};

impl SendsmsConfig {
    /// Whether a request may send to a receiver that it writes so: a white list must have it, a black list must not,
    /// and of prefixes those that are allowed go before those that are denied.
    pub(crate) fn allows(&self, written: &str) -> bool {
        let is_like = |pattern: &Expression| pattern.is_match(written);
        self.white_list_regex.iter().all(is_like)
            && !self.black_list_regex.iter().any(is_like)
            && self.allows_start(written)
    }

    fn allows_start(&self, written: &str) -> bool {
        let starts = |prefixes: &[String]| {
            prefixes.iter().any(|prefix| without_plus(written).starts_with(without_plus(prefix)))
        };
        match (&self.allowed_prefix[..], &self.denied_prefix[..]) {
            ([], denied) => !starts(denied),
            (allowed, []) => starts(allowed),
            (allowed, denied) => starts(allowed) || !starts(denied),
        }
    }
}

fn without_plus(number: &str) -> &str {
    number.strip_prefix('+').unwrap_or(number)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn allowed(keys: &str, numbers: &[&str]) -> Vec<bool> {
        let config: SendsmsConfig = toml::from_str(keys).unwrap();
        numbers.iter().map(|number| config.allows(number)).collect()
    }

    // KN-51
    #[test]
    fn prefixes_that_are_allowed_go_before_those_that_are_denied() {
        let numbers = ["628111", "+628222", "62999", "49111"];
        for (keys, expected) in [
            ("", [true, true, true, true]),
            ("allowed_prefix = [\"+62\"]", [true, true, true, false]),
            ("denied_prefix = [\"62\"]", [false, false, false, true]),
            ("allowed_prefix = [\"628\"]\ndenied_prefix = [\"+62\"]", [true, true, false, true]),
        ] {
            assert_eq!(allowed(keys, &numbers), expected, "{keys}");
        }
    }

    // KN-51
    #[test]
    fn lists_are_compared_with_the_number_as_it_is_written() {
        let numbers = ["628111", "+628111", "49111"];
        for (keys, expected) in [
            ("white_list_regex = \"^62\"", [true, false, false]),
            ("black_list_regex = \"^62\"", [false, true, true]),
            ("white_list_regex = [\"62\", \"^[0-9]+$\"]", [true, false, false]),
            ("white_list_regex = \"1\"\nblack_list_regex = [\"^49\", \"[+]\"]", [true, false, false]),
        ] {
            assert_eq!(allowed(keys, &numbers), expected, "{keys}");
        }
        let error = toml::from_str::<SendsmsConfig>("white_list_regex = \"(\"").unwrap_err().to_string();
        assert!(error.contains("no regular expression"), "{error}");
    }
}
