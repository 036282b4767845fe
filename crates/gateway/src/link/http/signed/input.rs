//! `Signature-Input` and `Signature`: what is signed, by whom, and the signature (RFC 9421, section 4).

use axum::http::{HeaderMap, HeaderName};
use sfv::{BareItem, Dictionary, FieldType, InnerList, List, ListEntry, Parser};

/// One signature of a request, as it says itself.
#[derive(Debug, PartialEq)]
pub(super) struct SignatureInput {
    /// The names of what is covered, in order. None has parameters.
    pub(super) components: Vec<String>,
    /// The value of `@signature-params`: all of this but the signature.
    pub(super) parameters: String,
    pub(super) key_id: String,
    /// Seconds since 1970.
    pub(super) created: u64,
    /// Seconds since 1970.
    pub(super) expires: Option<u64>,
    /// The signature itself.
    pub(super) octets: Vec<u8>,
}

impl SignatureInput {
    /// The first signature that is made as ours are: others, such as proxies, may have added theirs.
    pub(super) fn read(headers: &HeaderMap) -> Option<Self> {
        let inputs = dictionary(headers, &SIGNATURE_INPUT)?;
        let signatures = dictionary(headers, &SIGNATURE)?;
        inputs.into_iter().find_map(|(label, input)| {
            let ListEntry::InnerList(input) = input else { return None };
            let ListEntry::Item(signature) = signatures.get(&label)? else { return None };
            Self::of(input, signature.bare_item.as_byte_sequence()?.to_vec())
        })
    }

    fn of(input: InnerList, octets: Vec<u8>) -> Option<Self> {
        let text = |name: &str| Some(input.params.get(name)?.as_string()?.as_str().to_owned());
        let seconds = |value: &BareItem| u64::try_from(i64::from(value.as_integer()?)).ok();
        if input.params.contains_key("alg") && text("alg")? != ALGORITHM {
            return None;
        }
        let (key_id, created) = (text("keyid")?, seconds(input.params.get("created")?)?);
        let expires = match input.params.get("expires") {
            Some(expires) => Some(seconds(expires)?),
            None => None,
        };
        let components = components(&input)?;
        let parameters = List::from([input.into()]).serialize()?;
        Some(Self { components, parameters, key_id, created, expires, octets })
    }

    pub(super) fn covers(&self, component: &str) -> bool {
        self.components.iter().any(|covered| covered == component)
    }

    /// Whether nothing of what is asked can be changed under the signature, but for the body.
    pub(super) fn covers_enough(&self) -> bool {
        let target = ["@authority", "@path", "@query"];
        self.covers("@method")
            && (self.covers("@target-uri") || target.iter().all(|component| self.covers(component)))
    }
}

/// The names of the components, each of which may be covered once.
fn components(input: &InnerList) -> Option<Vec<String>> {
    let mut components: Vec<String> = Vec::with_capacity(input.items.len());
    for item in &input.items {
        let name = item.bare_item.as_string()?.as_str();
        if !item.params.is_empty() || components.iter().any(|component| component == name) {
            return None;
        }
        components.push(name.to_owned());
    }
    (components.len() <= COMPONENTS_MAX).then_some(components)
}

/// A field that may come in several lines (RFC 9651, section 4.2).
pub(super) fn dictionary(headers: &HeaderMap, name: &HeaderName) -> Option<Dictionary> {
    let lines: Vec<&[u8]> = headers.get_all(name).iter().map(|line| line.as_bytes()).collect();
    if lines.is_empty() {
        return None;
    }
    Parser::new(&lines.join(&b", "[..])).parse().ok()
}

pub(super) const SIGNATURE_INPUT: HeaderName = HeaderName::from_static("signature-input");
const SIGNATURE: HeaderName = HeaderName::from_static("signature");
const ALGORITHM: &str = "hmac-sha256";
/// More than anybody covers; they are compared with each other.
const COMPONENTS_MAX: usize = 64;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn read(input: &str) -> Option<SignatureInput> {
        let headers = [(SIGNATURE_INPUT, input), (SIGNATURE, "a=:AQI=:, b=:Aw==:")];
        let headers = headers.map(|(name, value)| (name, value.parse().unwrap()));
        SignatureInput::read(&headers.into_iter().collect())
    }

    #[test]
    fn what_a_signature_says_of_itself() {
        let read =
            read(r#"a=("@method"  "@path" );created=7;keyid="bank/cron";expires=9;nonce="x""#).unwrap();
        assert_eq!(read.components, ["@method", "@path"]);
        assert_eq!(read.parameters, r#"("@method" "@path");created=7;keyid="bank/cron";expires=9;nonce="x""#);
        assert_eq!((read.key_id.as_str(), read.created, read.expires), ("bank/cron", 7, Some(9)));
        assert_eq!(read.octets, [1, 2]);
    }

    #[test]
    fn those_that_are_not_as_ours_are_are_passed_over() {
        let ours = r#"b=();created=1;keyid="k""#;
        for other in [
            r#"a=();created=1;keyid="k";alg="ed25519""#,
            r#"a=();created=1;keyid="k";alg=hmac-sha256"#,
            r#"a=();keyid="k""#,
            "a=();created=1",
            r#"a=();created=-1;keyid="k""#,
            r#"a=();created=1;expires="2";keyid="k""#,
            r#"a=("x" "x");created=1;keyid="k""#,
            r#"a=("x";sf);created=1;keyid="k""#,
            r#"a=(x);created=1;keyid="k""#,
            r#"c=();created=1;keyid="k""#,
            "a=7",
        ] {
            assert_eq!(read(other), None, "{other}");
            assert_eq!(read(&format!("{other}, {ours}")).unwrap().octets, [3], "{other}");
        }
        for unreadable in ["", "a", "a=(", r#"a=("@method;created=1"#] {
            assert_eq!(read(unreadable), None, "{unreadable}");
        }
    }

    #[test]
    fn nothing_of_what_is_asked_may_be_left_out() {
        let covers_enough = |components: &str| {
            read(&format!(r#"a=({components});created=1;keyid="k""#)).unwrap().covers_enough()
        };
        assert!(covers_enough(r#""@method" "@authority" "@path" "@query""#));
        assert!(covers_enough(r#""@method" "@target-uri""#));
        for too_little in [
            "",
            r#""@authority" "@path" "@query""#,
            r#""@method" "@path" "@query""#,
            r#""@method" "@authority" "@query""#,
            r#""@method" "@authority" "@path""#,
            r#""@target-uri""#,
        ] {
            assert!(!covers_enough(too_little), "{too_little}");
        }
    }
}
