//! The OpenAPI document of our own API, and a page that reads it.
//!
//! Schemas come from the types that bodies and queries are read into, or stand beside what reads them; an
//! operation is described here. A test holds the document against the routes of the router, and every answer
//! that the tests of the API see against the document.

mod dead_letters;
mod inbox;
mod messages;
mod operation;
mod operations;
mod page;
mod refused;

use axum::body::Bytes;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use utoipa::openapi::path::PathsBuilder;
use utoipa::openapi::schema::ComponentsBuilder;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{InfoBuilder, LicenseBuilder, OpenApiBuilder, PathItem, ServerBuilder, Tag};
use utoipa::{PartialSchema, ToSchema};

use self::operation::{ACCOUNT_IN_QUERY, Description, KEY, PASSWORD, PASSWORD_IN_QUERY};
use super::problem::Problem;
use super::translate::rules::{self, Notation};
use super::translate::{
    Kind, MessageRequest, PreviewRequest, Replacement, SendForm, SendQuery, WaitingOfSeveralKinds,
};

pub(super) use page::{HTML, page};

/// `GET /v1/openapi.json`: how the API is called, for programs.
pub(super) async fn json(document: Bytes) -> Response {
    ([(header::CONTENT_TYPE, JSON)], document).into_response()
}

/// The document as it is served.
pub(super) fn written() -> Bytes {
    document().to_string().into()
}

/// The document.
pub(super) fn document() -> Value {
    let mut paths = PathsBuilder::new();
    let mut components = ComponentsBuilder::new().schema_from::<Problem>();
    for description in descriptions() {
        let (path, method) = (description.path, description.method.clone());
        let (operation, schemas) = description.done();
        paths = paths.path(path, PathItem::new(method, operation));
        components = components.schemas_from_iter(schemas);
    }
    let components = schemes()
        .into_iter()
        .fold(components, |components, (name, scheme)| components.security_scheme(name, scheme));
    let license = LicenseBuilder::new().name("MIT OR Apache-2.0").identifier(Some("MIT OR Apache-2.0"));
    let info = InfoBuilder::new()
        .title("Estafet")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .license(Some(license.build()));
    let document = OpenApiBuilder::new()
        .info(info)
        .servers(Some([ServerBuilder::new().url("/").build()]))
        .tags(Some([messages::TAG, inbox::TAG, dead_letters::TAG, operations::TAG].map(Tag::new)))
        .paths(paths)
        .components(Some(components.build()))
        .build();
    ruled(serde_json::to_value(document).unwrap_or_default())
}

fn descriptions() -> impl Iterator<Item = Description> {
    let of_messages = messages::descriptions().into_iter();
    of_messages
        .chain(inbox::descriptions())
        .chain(dead_letters::descriptions())
        .chain(operations::descriptions())
}

fn schemes() -> [(&'static str, SecurityScheme); 4] {
    let http = |scheme, description: &str| {
        let mut http = Http::new(scheme);
        http.description = Some(description.to_owned());
        SecurityScheme::Http(http)
    };
    let in_query = |name: &str| SecurityScheme::ApiKey(ApiKey::Query(ApiKeyValue::new(name)));
    [
        (PASSWORD, http(HttpAuthScheme::Basic, "Account and password. They may do all.")),
        (KEY, http(HttpAuthScheme::Bearer, "A key of an account. It may do what its scopes are for.")),
        (ACCOUNT_IN_QUERY, in_query("account")),
        (PASSWORD_IN_QUERY, in_query("password")),
    ]
}

/// Adds what the types of utoipa have no words for.
fn ruled(mut document: Value) -> Value {
    let schemas = &mut document["components"]["schemas"];
    rules::add_to_message(&mut schemas[MessageRequest::name().as_ref()]);
    rules::add_to_preview(&mut schemas[PreviewRequest::name().as_ref()]);
    rules::add_to_replacement(&mut schemas[Replacement::name().as_ref()]);
    rules::add_to_text(&mut schemas[SendQuery::name().as_ref()], &Notation::query());
    rules::add_to_text(&mut schemas[SendForm::name().as_ref()], &Notation::form());
    let kinds = serde_json::to_value(Kind::schema()).unwrap_or_default();
    let kinds = kinds["enum"].as_array().map_or(&[][..], Vec::as_slice);
    rules::add_to_waiting(&mut schemas[WaitingOfSeveralKinds::name().as_ref()], kinds);
    document
}

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const ABOUT: &str = "The API of an Estafet, an SMS gateway: hand messages in, ask what became of them, take them \
                     back. Errors are `application/problem+json` (RFC 9457) with a `code` that stays the same from \
                     version to version. Requests may be compressed by gzip.";
