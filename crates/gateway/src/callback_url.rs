//! URLs that messages name, to be told what becomes of them: what of them can be called at all.

use url::Url;

use crate::escape_codes::Pattern;

/// The URL, if it can be called whatever its escape codes become: those stand behind its host.
pub(crate) fn callable(url: &str) -> Option<Url> {
    let starts =
        |scheme: &str| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    let is_meant = (8..=URL_OCTETS_MAX).contains(&url.len())
        && (starts("http://") || starts("https://"))
        && Pattern::new(url).names_its_host();
    if is_meant { url.parse().ok() } else { None }
}

/// The longest URL of a callback, in octets.
pub(crate) const URL_OCTETS_MAX: usize = 2048;
/// All bits that a `dlr-mask` of Kannel may have.
pub(crate) const MASK_MAX: u32 = 66;
