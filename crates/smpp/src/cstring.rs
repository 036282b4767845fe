//! Short octet strings that end with a NUL on the wire.

use std::fmt;
use std::ops::Deref;

use arrayvec::ArrayVec;

/// A C-octet string of at most `N` octets, not counting the NUL that ends it on the wire (SMPP 3.4
/// section 3.1). It is kept in place, without an allocation; any octet but NUL may be in it.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct CString<const N: usize>(ArrayVec<u8, N>);

impl<const N: usize> CString<N> {
    /// No octets.
    pub const EMPTY: Self = Self(ArrayVec::new_const());

    /// The string with these octets, or `None` if they are more than `N` or hold a NUL.
    #[must_use]
    pub fn new(octets: &[u8]) -> Option<Self> {
        if octets.contains(&0) { None } else { Self::without_nul(octets) }
    }

    /// As much of the octets as fits, up to the first NUL.
    #[must_use]
    pub fn clipped(octets: &[u8]) -> Self {
        Self(octets.iter().copied().take_while(|&octet| octet != 0).take(N).collect())
    }

    /// The octets, without the NUL.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }

    /// The string with these octets, of which none is NUL, or `None` if they are more than `N`.
    pub(crate) fn without_nul(octets: &[u8]) -> Option<Self> {
        ArrayVec::try_from(octets).ok().map(Self)
    }
}

impl<const N: usize> Deref for CString<N> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl<const N: usize> AsRef<[u8]> for CString<N> {
    fn as_ref(&self) -> &[u8] {
        &self.0
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
        fmt::Display::fmt(&self.0.escape_ascii(), f)
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
    }
}
