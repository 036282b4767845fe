//! ASCII, which SMPP calls IA5.

use super::unencodable::{REPLACEMENT, Unencodable};

/// Appends `text` to `out`, one octet per character.
///
/// # Errors
/// The first character that is not ASCII; `out` is as it was.
pub fn encode(text: &str, out: &mut Vec<u8>) -> Result<(), Unencodable> {
    match text.char_indices().find(|(_, character)| !character.is_ascii()) {
        Some((at, character)) => Err(Unencodable { character, at }),
        None => {
            out.extend_from_slice(text.as_bytes());
            Ok(())
        }
    }
}

/// The text of `octets`; those above 0x7F are shown as U+FFFD.
#[must_use]
pub fn decode(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len());
    text.extend(octets.iter().map(|&octet| if octet.is_ascii() { char::from(octet) } else { REPLACEMENT }));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ascii_passes() {
        let mut out = Vec::new();
        assert_eq!(encode("a`~", &mut out), Ok(()));
        assert_eq!(out, b"a`~");
        assert_eq!(encode("bé", &mut out), Err(Unencodable { character: 'é', at: 1 }));
        assert_eq!(out, b"a`~");
        assert_eq!(decode(b"a\x80\xFF"), "a\u{FFFD}\u{FFFD}");
    }
}
