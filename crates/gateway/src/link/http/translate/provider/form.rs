//! Forms, whose values may be in any character set.

use form_urlencoded::byte_serialize;

/// Adds a field to a form.
pub(super) fn append(form: &mut String, name: &str, value: &[u8]) {
    if !form.is_empty() {
        form.push('&');
    }
    form.extend(byte_serialize(name.as_bytes()));
    form.push('=');
    form.extend(byte_serialize(value));
}
