//! Percent-encoding of octets that need not be text.

/// Name and value of each part of a query or a form, as octets.
pub(super) fn pairs(text: &[u8]) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> + '_ {
    text.split(|octet| *octet == b'&').filter(|part| !part.is_empty()).map(|part| {
        let mut sides = part.splitn(2, |octet| *octet == b'=');
        let mut side = || decoded(sides.next().unwrap_or_default());
        (side(), side())
    })
}

/// Without percent signs and plusses; what is no code stays.
pub(super) fn decoded(text: &[u8]) -> Vec<u8> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, behind)) = rest.split_first() {
        let digit = |digit: u8| char::from(digit).to_digit(16);
        let (octet, after) = match (first, behind) {
            (b'+', _) => (b' ', behind),
            (b'%', [high, low, after @ ..]) => match digit(*high).zip(digit(*low)) {
                Some((high, low)) => ((high * 16 + low) as u8, after),
                None => (first, behind),
            },
            _ => (first, behind),
        };
        octets.push(octet);
        rest = after;
    }
    octets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_come_out_as_they_were_meant() {
        for (text, octets) in [
            ("a+b%2Bc", &b"a b+c"[..]),
            ("100%", b"100%"),
            ("a%4", b"a%4"),
            ("a%zzb", b"a%zzb"),
            ("%ff%00", b"\xff\0"),
        ] {
            assert_eq!(decoded(text.as_bytes()), octets, "{text}");
        }
        let all: Vec<_> = pairs(b"a=1&b&&=c=d").collect();
        let pair = |name: &str, value: &str| (name.as_bytes().to_vec(), value.as_bytes().to_vec());
        assert_eq!(all, [pair("a", "1"), pair("b", ""), pair("", "c=d")]);
    }
}
