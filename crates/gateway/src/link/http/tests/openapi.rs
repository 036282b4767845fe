//! The document against the router, and against what the other tests are answered.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Value, json};

use super::super::openapi::document;
use super::super::server::native;
use super::*;

static DOCUMENT: LazyLock<Value> = LazyLock::new(document);

/// Whether the document has this answer to this request: its status, what it is, and the code of a problem.
pub(super) fn check(method: &str, path: &str, answer: &Answer) {
    let is_it = |described: &str| {
        let (described, path) = (described.split('/'), path.split('/'));
        described.clone().count() == path.clone().count()
            && described.zip(path).all(|(described, part)| described == part || described == "{id}")
    };
    let mut paths = DOCUMENT["paths"].as_object().unwrap().iter().filter(|(path, _)| is_it(path));
    let Some(operation) = paths.find_map(|(_, item)| item.get(method.to_lowercase())) else {
        return assert!([404, 405].contains(&answer.status.as_u16()), "{method} {path} is not described");
    };
    let status = answer.status.as_u16().to_string();
    let response = operation["responses"].get(&status);
    let response = response.unwrap_or_else(|| panic!("{method} {path}: {status} is not described"));
    if answer.body.is_empty() {
        return;
    }
    let content_type = answer.header("content-type").unwrap();
    let content = response["content"].get(content_type);
    let content = content.unwrap_or_else(|| panic!("{method} {path}: {content_type} is not described"));
    if content_type == "application/problem+json" {
        let code = &answer.json()["code"];
        let codes = &content["schema"]["allOf"][1]["properties"]["code"]["enum"];
        assert!(codes.as_array().unwrap().contains(code), "{method} {path}: {code} is not described");
    }
}

fn described() -> BTreeMap<String, BTreeSet<String>> {
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let methods = |item: &Value| item.as_object().unwrap().keys().map(|name| name.to_uppercase()).collect();
    paths.iter().map(|(path, item)| (path.clone(), methods(item))).collect()
}

#[test]
fn the_document_has_the_paths_of_the_router_and_no_others() {
    // No method of a router lists its paths, but its debug form does: `RouteId(0): "/v1/messages"`.
    let listed = format!("{:?}", native());
    let path = Regex::new(r#"RouteId\(\d+\): "([^"]+)""#).unwrap();
    let (listed, _fallbacks) = listed.split_once("fallback_router").unwrap();
    let routed: BTreeSet<String> = path.captures_iter(listed).map(|found| found[1].to_owned()).collect();
    assert_eq!(routed, described().into_keys().collect());
}

#[tokio::test]
async fn the_document_has_the_methods_of_the_router_and_no_others() {
    let desk = Desk::open();
    for (path, methods) in described() {
        let request =
            Request::builder().method("PROPFIND").uri(path.replace("{id}", "0")).body(Body::empty());
        let answer = desk.ask(request.unwrap()).await;
        assert_eq!(answer.status, 405, "{path}");
        let allowed = answer.headers["allow"].to_str().unwrap().split(',').map(str::to_owned);
        // HEAD comes with GET, and is not written down.
        let allowed: BTreeSet<String> = allowed.filter(|method| method != "HEAD").collect();
        assert_eq!(allowed, methods, "{path}");
    }
}

#[test]
fn whatever_is_referred_to_is_there() {
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
                fields.values().for_each(|field| references(field, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    references(&DOCUMENT, &mut found);
    assert!(!found.is_empty());
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(DOCUMENT.pointer(pointer).is_some(), "{reference}");
    }
}

#[test]
fn operations_have_names_of_their_own() {
    let items = DOCUMENT["paths"].as_object().unwrap().values();
    let names: Vec<&str> = items
        .flat_map(|item| item.as_object().unwrap().values())
        .map(|operation| operation["operationId"].as_str().unwrap())
        .collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
}

#[test]
fn a_form_needs_what_is_needed() {
    let form = &DOCUMENT["components"]["schemas"]["SendForm"];
    assert_eq!(form["required"], json!(["to", "text"]));
    let query = &DOCUMENT["components"]["schemas"]["SendQuery"];
    assert_eq!(query["required"], form["required"]);
    let fields = query["properties"].as_object().unwrap().keys();
    for name in fields.filter(|name| !["to", "text"].contains(&name.as_str())) {
        let may_be_empty = json!({ "type": "string", "maxLength": 0 });
        assert!(form["properties"][name]["anyOf"].as_array().unwrap().contains(&may_be_empty), "{name}");
    }
}

#[test]
fn who_may_ask_is_said_of_every_operation() {
    let items = DOCUMENT["paths"].as_object().unwrap().values();
    for operation in items.flat_map(|item| item.as_object().unwrap().values()) {
        let is_for_everybody = operation["responses"].get("401").is_none();
        let needed = operation["security"].as_array().unwrap();
        assert_eq!(needed.is_empty(), is_for_everybody, "{}", operation["operationId"]);
    }
}

/// Programs that write clients do not read the two schemas that are no objects.
#[test]
fn no_schema_is_true_or_false() {
    fn schemas<'a>(at: &str, value: &'a Value, found: &mut Vec<(String, &'a Value)>) {
        for (name, inner) in value.as_object().into_iter().flatten() {
            let at = format!("{at}/{name}");
            if name == "properties" {
                let fields = inner.as_object().unwrap().iter();
                found.extend(fields.map(|(field, schema)| (format!("{at}/{field}"), schema)));
            }
            schemas(&at, inner, found);
        }
        for (number, inner) in value.as_array().into_iter().flatten().enumerate() {
            schemas(&format!("{at}/{number}"), inner, found);
        }
    }
    let mut found = Vec::new();
    schemas("", &DOCUMENT, &mut found);
    assert!(found.len() > 100);
    for (at, schema) in found {
        assert!(schema.is_object(), "{at}: {schema}");
    }
}

#[test]
fn a_transaction_is_quoted_by_either_name() {
    for name in ["in_reply_to", "trx_id"] {
        for schema in ["MessageRequest", "SendForm", "SendQuery"] {
            let at = format!("/components/schemas/{schema}/properties/{name}");
            assert!(DOCUMENT.pointer(&at).is_some(), "{at}");
        }
    }
}

#[tokio::test]
async fn document_and_page_are_for_everybody() {
    let desk = Desk::open();
    let document = desk.get("/v1/openapi.json", None).await;
    assert_eq!((document.status.as_u16(), document.json()), (200, DOCUMENT.clone()));
    assert_eq!(document.json()["openapi"], "3.1.0");
    let page = desk.get("/v1/docs", None).await;
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"), "{policy}");
}
