//! The names of links: those that stand in the file, and those that the gateway gives its own.

use sms::LinkName;
use toml::Spanned;

use super::problem::Problem;

/// A name in the file, with the place where it stands.
pub(crate) type Name = Spanned<String>;

/// Whether a link may have this name, as far as it is not another's.
pub(super) fn check(name: &Name) -> Result<(), Problem> {
    let problem = |what| Err(Problem { at: name.span(), what });
    let said = name.get_ref();
    if said.is_empty() || said.len() > OCTETS_MAX {
        return problem(format!("a name has 1 to {OCTETS_MAX} characters"));
    }
    if said == REASSEMBLY {
        return problem(format!("\"{REASSEMBLY}\" is the gateway itself, no other link"));
    }
    if [CALLBACKS, SHELF].iter().any(|own| said.ends_with(own)) {
        return problem(format!("names that end in \"{CALLBACKS}\" or \"{SHELF}\" are the gateway's own"));
    }
    Ok(())
}

/// The link by which those are called that messages of an account name themselves.
pub(crate) fn callbacks_of(account: &LinkName) -> LinkName {
    LinkName::from(format!("{account}{CALLBACKS}"))
}

/// The shelf of a link: see [`store::Store::shelve`].
pub(crate) fn shelf_of(link: &LinkName) -> LinkName {
    LinkName::from(format!("{link}{SHELF}"))
}

/// The link whose shelf this is; itself if it is none.
pub(crate) fn shelved_of(link: &LinkName) -> &str {
    link.as_str().strip_suffix(SHELF).unwrap_or(link.as_str())
}

/// Whether a link has a name that no link in the file can have.
pub(crate) fn is_own(link: &LinkName) -> bool {
    let name = link.as_str();
    name == REASSEMBLY || [CALLBACKS, SHELF].iter().any(|own| name.ends_with(own))
}

/// The link that parts of long messages wait at.
pub(crate) const REASSEMBLY: &str = "reassembly";
/// What the link of an account's callbacks has behind the name of the account.
const CALLBACKS: &str = "/callbacks";
/// What a link's shelf has behind the link's name.
const SHELF: &str = "/dead-letters";
/// The longest name of a link, in octets.
const OCTETS_MAX: usize = 64;
