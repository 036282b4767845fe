//! The ranking of targets: weighted rendezvous hashing that is the same on every machine.
//!
//! Each target draws a number `u` in (0, 1) from the hash of its name and the conversation, and targets are
//! ranked by `-ln(u) / weight`, the least first. That is an exponential race: a target comes first with the
//! probability of its share of the weights, and the order of two targets does not depend on a third.
//!
//! The hash and the logarithm are spelt out here because their results are a promise: a library may change
//! its hash with a release, and `f64::ln` differs in its last digit between platforms, whereas addition,
//! multiplication and division of IEEE 754 do not.

/// What a conversation hashes to; numbers are given without their plus.
pub(crate) fn conversation(source: &[u8], destination: &[u8]) -> u64 {
    mix(mix(fnv1a(source)).wrapping_add(fnv1a(destination)))
}

/// What the name of a link hashes to.
pub(crate) fn name(link: &str) -> u64 {
    mix(fnv1a(link.as_bytes()))
}

/// The time that a target with this name and weight needs in the race for a conversation: the least wins.
pub(crate) fn time(conversation: u64, name: u64, weight: f64) -> f64 {
    minus_ln(mix(conversation ^ name)) / weight
}

/// FNV-1a, 64 bits.
fn fnv1a(octets: &[u8]) -> u64 {
    octets.iter().fold(0xCBF2_9CE4_8422_2325, |state, &octet| {
        (state ^ u64::from(octet)).wrapping_mul(0x0100_0000_01B3)
    })
}

/// The finaliser of splitmix64: every bit of the input changes every bit of the output.
fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

/// `-ln(u)` for the `u` in (0, 1) that the upper 52 bits of `hash` stand for, to twelve digits.
fn minus_ln(hash: u64) -> f64 {
    // u = odd / 2^53, never 0 or 1, and exact in an f64. Take it apart as u = mantissa * 2^exponent.
    let odd = ((hash >> 12) << 1) | 1;
    let bits = 63 - odd.leading_zeros();
    let mut mantissa = odd as f64 / (1_u64 << bits) as f64;
    let mut exponent = f64::from(bits) - 53.0;
    if mantissa >= 1.5 {
        mantissa /= 2.0;
        exponent += 1.0;
    }
    -(exponent * std::f64::consts::LN_2 + ln_near_one(mantissa))
}

/// `ln(x)` for x in [0.75, 1.5), as 2 atanh((x - 1) / (x + 1)).
fn ln_near_one(x: f64) -> f64 {
    let ratio = (x - 1.0) / (x + 1.0);
    let square = ratio * ratio;
    let series = [17.0, 15.0, 13.0, 11.0, 9.0, 7.0, 5.0, 3.0, 1.0]
        .iter()
        .fold(0.0, |sum, odd| sum * square + 1.0 / odd);
    2.0 * ratio * series
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithm_is_a_logarithm() {
        let mut hash = 1_u64;
        for _ in 0..10_000 {
            hash = mix(hash);
            let exact = -((((hash >> 12) << 1) | 1) as f64 / 2_f64.powi(53)).ln();
            assert!((minus_ln(hash) - exact).abs() <= 1e-12 * exact.max(1e-3), "{hash:#x}");
        }
        assert!(minus_ln(u64::MAX) > 0.0);
        assert!(minus_ln(0).is_finite());
    }

    // These numbers are a promise to running installations: a change of any of them moves conversations.
    // They come from a second implementation, in another language.
    #[test]
    fn hashes_stay_what_they_are() {
        assert_eq!(fnv1a(b""), 0xCBF2_9CE4_8422_2325);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_F739_67E8);
        // The first output of splitmix64 with seed 0.
        assert_eq!(mix(0x9E37_79B9_7F4A_7C15), 0xE220_A839_7B1D_CDAF);
        assert_eq!(minus_ln(0x8000_0000_0000_0000).to_bits(), 0x3FE6_2E42_FEFA_39ED);
        assert_eq!(conversation(b"BANK", b"46700000001"), 0x26BF_CEDD_7AEC_7B18);
        assert_eq!(name("telco-a"), 0xCE68_97AE_3E6B_73A8);
        assert_eq!(
            time(conversation(b"BANK", b"46700000001"), name("telco-a"), 3.0).to_bits(),
            0x3FB6_3CD4_19D8_4343
        );
    }

    #[test]
    fn conversation_keeps_source_and_destination_apart() {
        assert_ne!(conversation(b"12", b"3"), conversation(b"1", b"23"));
        assert_ne!(conversation(b"1", b"2"), conversation(b"2", b"1"));
    }

    #[test]
    fn shares_follow_weights() {
        let (light, heavy) = (name("light"), name("heavy"));
        let wins = (0..20_000_u32)
            .filter(|number| {
                let conversation = conversation(b"1234", number.to_string().as_bytes());
                time(conversation, heavy, 3.0) < time(conversation, light, 1.0)
            })
            .count();
        // 15,000 expected, standard deviation 61.
        assert!((14_700..=15_300).contains(&wins), "{wins}");
    }
}
