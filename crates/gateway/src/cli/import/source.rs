//! Files of other gateways, as text.

use std::path::Path;
use std::rc::Rc;

use anyhow::Context;

use super::report::{Place, Report};

/// What a file says, and its name for places in it. It says nothing of its character set: what is not in UTF-8 is in
/// ISO-8859-1, which Kannel's texts are in.
///
/// # Errors
/// Names the file that cannot be read.
pub(super) fn read(path: &Path, report: &mut Report) -> anyhow::Result<(String, Rc<str>)> {
    let octets = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let name: Rc<str> = path.display().to_string().into();
    let text = String::from_utf8(octets).unwrap_or_else(|error| {
        let line =
            1 + error.as_bytes().iter().take(error.utf8_error().valid_up_to()).filter(is_newline).count();
        report.remark(&Place { file: name.clone(), line }, "the file", NOT_UTF_8);
        encoding_rs::mem::decode_latin1(error.as_bytes()).into_owned()
    });
    let text = text.strip_prefix('\u{FEFF}').map(str::to_owned).unwrap_or(text);
    Ok((text, name))
}

fn is_newline(octet: &&u8) -> bool {
    **octet == b'\n'
}

const NOT_UTF_8: &str = "not in UTF-8 from here on: all of it is read as ISO-8859-1; passwords with such letters are \
     compared in UTF-8";
