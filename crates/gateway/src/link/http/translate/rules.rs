//! What does not go together in a message, as a schema says it: what [`super::submission`], [`super::body`],
//! [`super::presentation`] and [`super::attributes`] refuse, whatever the values are.

use serde_json::{Value, json};

/// How it is written that a field says nothing, and that a switch is on or off.
pub(in super::super) struct Notation {
    nothing: Value,
    on: Value,
    off: Value,
}

/// Adds to the schema of a message what cannot be said of its fields one by one.
pub(in super::super) fn add_to_message(schema: &mut Value) {
    let json = Notation::json();
    let rules = [content(), class(), header(), json.priority(), json.receipt()];
    schema["allOf"] = rules.into();
}

/// Adds the same to the schema of a message in a query or a form, which has no other content than a text.
pub(in super::super) fn add_to_text(schema: &mut Value, notation: &Notation) {
    schema["allOf"] =
        [notation.one_class(), notation.priority(), notation.receipt(), notation.quoted()].into();
}

/// Adds the same to the schema of a message that is previewed, which has no other fields.
pub(in super::super) fn add_to_preview(schema: &mut Value) {
    schema["allOf"] = [content(), class(), header()].into();
}

/// Adds the same to the schema of a text that replaces another: it has one class.
pub(in super::super) fn add_to_replacement(schema: &mut Value) {
    schema["allOf"] = [Notation::json().one_class()].into();
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

impl Notation {
    fn json() -> Self {
        Self {
            nothing: json!({ "type": "null" }),
            on: json!({ "const": true }),
            off: json!({ "const": false }),
        }
    }

    /// In a query all that stands there says something.
    pub(in super::super) fn query() -> Self {
        Self {
            nothing: json!({ "not": {} }),
            on: json!({ "enum": ["true", "on", "1"] }),
            off: json!({ "enum": ["false", "off", "0"] }),
        }
    }

    /// In a form a field may be left empty.
    pub(in super::super) fn form() -> Self {
        Self { nothing: json!({ "maxLength": 0 }), ..Self::query() }
    }

    fn one_class(&self) -> Value {
        any_of([self.not_flash(), self.left_out(&["message_class"])])
    }

    fn priority(&self) -> Value {
        any_of([self.left_out(&["priority"]), self.left_out(&["class"])])
    }

    fn receipt(&self) -> Value {
        let wanted = json!({ "properties": { "receipt": { "not": self.off } } });
        any_of([wanted, self.left_out(&["callback_url"])])
    }

    /// The two names of one field: one of them is enough.
    fn quoted(&self) -> Value {
        any_of([self.left_out(&["in_reply_to"]), self.left_out(&["trx_id"])])
    }

    /// Fields that say nothing, if they are there.
    fn left_out(&self, fields: &[&str]) -> Value {
        let nothing = |field: &&str| ((*field).to_owned(), self.nothing.clone());
        json!({ "properties": fields.iter().map(nothing).collect::<serde_json::Map<_, _>>() })
    }

    fn not_flash(&self) -> Value {
        json!({ "properties": { "flash": { "not": self.on } } })
    }
}

fn any_of<const N: usize>(cases: [Value; N]) -> Value {
    json!({ "anyOf": &cases[..] })
}

/// Fields that are not there, or null.
fn left_out(fields: &[&str]) -> Value {
    Notation::json().left_out(fields)
}

fn not_flash() -> Value {
    Notation::json().not_flash()
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
