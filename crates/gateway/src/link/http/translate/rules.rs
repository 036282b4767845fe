//! What does not go together in a message, as a schema says it: what [`super::submission`], [`super::body`],
//! [`super::presentation`] and [`super::attributes`] refuse, whatever the values are.

use serde_json::{Value, json};

/// Adds to the schema of a message what cannot be said of its fields one by one.
pub(in super::super) fn add_to_message(schema: &mut Value) {
    schema["allOf"] = [content(), class(), header(), priority(), receipt()].into();
}

/// Adds the same to the schema of a message that is previewed, which has no other fields.
pub(in super::super) fn add_to_preview(schema: &mut Value) {
    schema["allOf"] = [content(), class(), header()].into();
}

/// Adds the same to the schema of a text that replaces another: it has one class.
pub(in super::super) fn add_to_replacement(schema: &mut Value) {
    schema["allOf"] = [any_of([not_flash(), left_out(&["message_class"])])].into();
}

/// Adds to the schema of an array of what waits that each of these kinds is said once.
pub(in super::super) fn add_to_waiting(schema: &mut Value, kinds: &[Value]) {
    let once = |kind: &Value| {
        let of_kind = json!({ "properties": { "kind": { "const": kind } }, "required": ["kind"] });
        json!({ "contains": of_kind, "minContains": 0, "maxContains": 1 })
    };
    schema["allOf"] = kinds.iter().map(once).collect();
}

/// A text, octets with what describes them, or a sign that something waits.
fn content() -> Value {
    let has = |field: &str, value: Value| json!({ "required": [field], "properties": { field: value } });
    let text = has("text", json!({ "type": "string" }));
    let octets = has("binary", json!({ "type": "string" }));
    let sign = has("waiting", json!({ "not": { "type": "null" }, "minItems": 1 }));
    any_of([
        with(text, left_out(&["binary", "udh", "data_coding"])),
        with(with(octets, left_out(&["text"])), nothing_waits()),
        with(sign, left_out(&["text", "binary", "udh", "data_coding"])),
    ])
}

/// The class is said once, and not of a sign or beside a data_coding, which say it themselves.
fn class() -> Value {
    let by_flash = left_out(&["data_coding", "message_class"]);
    let by_number = with(left_out(&["data_coding"]), not_flash());
    any_of([
        with(not_flash(), left_out(&["message_class"])),
        with(by_flash, nothing_waits()),
        with(by_number, nothing_waits()),
    ])
}

fn header() -> Value {
    any_of([left_out(&["udh"]), left_out(&["ports"])])
}

fn priority() -> Value {
    any_of([left_out(&["priority"]), left_out(&["class"])])
}

fn receipt() -> Value {
    any_of([
        json!({ "properties": { "receipt": { "not": { "const": false } } } }),
        left_out(&["callback_url"]),
    ])
}

fn any_of<const N: usize>(cases: [Value; N]) -> Value {
    json!({ "anyOf": &cases[..] })
}

/// Fields that are not there, or null.
fn left_out(fields: &[&str]) -> Value {
    let null = |field: &&str| ((*field).to_owned(), json!({ "type": "null" }));
    json!({ "properties": fields.iter().map(null).collect::<serde_json::Map<_, _>>() })
}

fn not_flash() -> Value {
    json!({ "properties": { "flash": { "not": { "const": true } } } })
}

fn nothing_waits() -> Value {
    json!({ "properties": { "waiting": { "not": { "type": "object" }, "maxItems": 0 } } })
}

/// Both of two schemas of fields, of which none is in both.
fn with(mut schema: Value, other: Value) -> Value {
    if let (Some(properties), Some(more)) =
        (schema["properties"].as_object_mut(), other["properties"].as_object())
    {
        properties.extend(more.clone());
    }
    schema
}
