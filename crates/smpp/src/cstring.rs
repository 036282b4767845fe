//! Short octet strings that end with a NUL on the wire.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;

/// A C-octet string of at most `N` octets, up to 255, not counting the NUL that ends it on the wire (SMPP 3.4
/// section 3.1). It is kept in place, without an allocation; any octet but NUL may be in it.
#[derive(Clone)]
pub struct CString<const N: usize> {
    /// What is behind `length` is of no meaning: fields are copied whole, which is quicker.
    octets: [u8; N],
    length: u8,
}

impl<const N: usize> CString<N> {
    /// No octets.
    pub const EMPTY: Self = {
        assert!(N <= 255);
        Self { octets: [0; N], length: 0 }
    };

    /// The string with these octets, or `None` if they are more than `N` or hold a NUL.
    #[must_use]
    pub fn new(octets: &[u8]) -> Option<Self> {
        if octets.contains(&0) { None } else { Self::without_nul(octets) }
    }

    /// As much of the octets as fits, up to the first NUL.
    #[must_use]
    pub fn clipped(octets: &[u8]) -> Self {
        let end = octets.iter().take(N).position(|&octet| octet == 0).unwrap_or(octets.len().min(N));
        Self::without_nul(&octets[..end]).unwrap_or_default()
    }

    /// The octets, without the NUL.
    #[inline]
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        // The length is never more than N.
        self.octets.get(..usize::from(self.length)).unwrap_or_default()
    }

    /// The string with these octets, of which none is NUL, or `None` if they are more than `N`.
    #[inline]
    pub(crate) fn without_nul(octets: &[u8]) -> Option<Self> {
        let mut string = Self::EMPTY;
        string.octets.get_mut(..octets.len())?.copy_from_slice(octets);
        string.length = u8::try_from(octets.len()).ok()?;
        Some(string)
    }

    /// The string of the first `length` of `octets`, at most `N`, of which none is NUL.
    #[inline(always)]
    pub(crate) fn at_front(octets: &[u8], length: usize) -> Self {
        match octets.first_chunk() {
            // N is at most 255.
            Some(octets) => Self { octets: *octets, length: length as u8 },
            None => octets.get(..length).and_then(Self::without_nul).unwrap_or_default(),
        }
    }

    /// All octets that there is room for, and how many of them are the string.
    #[inline(always)]
    pub(crate) fn field(&self) -> (&[u8; N], usize) {
        (&self.octets, usize::from(self.length))
    }
}

impl<const N: usize> Default for CString<N> {
    #[inline]
    fn default() -> Self {
        Self::EMPTY
    }
}

impl<const N: usize> PartialEq for CString<N> {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl<const N: usize> Eq for CString<N> {}

impl<const N: usize> Hash for CString<N> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_slice().hash(state);
    }
}

impl<const N: usize> Deref for CString<N> {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        self.as_slice()
    }
}

impl<const N: usize> AsRef<[u8]> for CString<N> {
    #[inline]
    fn as_ref(&self) -> &[u8] {
        self.as_slice()
    }
}

/// The octets are too many for the field, or one of them is NUL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("does not fit into a field of {max} octets without NUL")]
pub struct CStringError {
    /// How many octets the field takes.
    pub max: usize,
}

impl<const N: usize> TryFrom<&[u8]> for CString<N> {
    type Error = CStringError;

    fn try_from(octets: &[u8]) -> Result<Self, CStringError> {
        Self::new(octets).ok_or(CStringError { max: N })
    }
}

impl<const N: usize> TryFrom<&str> for CString<N> {
    type Error = CStringError;

    fn try_from(text: &str) -> Result<Self, CStringError> {
        Self::try_from(text.as_bytes())
    }
}

impl<const N: usize> fmt::Display for CString<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.escape_ascii(), f)
    }
}

impl<const N: usize> fmt::Debug for CString<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_what_fits_and_no_nul() {
        assert_eq!(CString::<5>::new(b"12345").as_deref(), Some(&b"12345"[..]));
        assert_eq!(CString::<5>::new(b"123456"), None);
        assert_eq!(CString::<5>::new(b"1\x002"), None);
        assert_eq!(CString::<5>::clipped(b"123456").as_slice(), b"12345");
        assert_eq!(CString::<5>::clipped(b"1\x002").as_slice(), b"1");
        assert_eq!(CString::<5>::at_front(b"12\x00456", 2), CString::clipped(b"12"));
        assert_eq!(CString::<5>::at_front(b"12\x00", 2), CString::clipped(b"12"));
    }
}
