//! What a caller says of its message for itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use sms::{Attached, LinkName};

use super::super::problem::Problem;
use crate::attributes::{Attributes, Excess};

/// What goes with a message of `owner`, if it says anything.
pub(super) fn attached(
    owner: &LinkName,
    client_reference: Option<String>,
    tags: BTreeMap<String, String>,
) -> Result<Option<Arc<Attached>>, Problem> {
    let attributes =
        Attributes { client_reference: client_reference.unwrap_or_default(), callback: None, tags };
    Ok(attributes.checked().map_err(too_much)?.attached(owner))
}

fn too_much(excess: Excess) -> Problem {
    let field = match excess {
        Excess::ClientReference => "client_reference",
        Excess::CallbackUrl => "callback_url",
        Excess::Tags => "tags",
    };
    Problem::bad_value(field, excess.to_string())
}
