//! How one operation is described.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::link::LinkBuilder;
use utoipa::openapi::path::{
    Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, ParameterStyle,
};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::{AllOfBuilder, ObjectBuilder, Schema, Type};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Content, ContentBuilder, Header, HttpMethod, Ref, RefOr, Required};
use utoipa::{IntoParams, ToSchema};

use super::page::HTML;
use super::refused::{BAD_JSON, NOT_OF_TYPE, OF_BODIES, OF_CALLERS, Refused};
use crate::link::http::problem::Problem;
use crate::link::http::translate::words::{self, text};

/// An operation of the API: where it is, and what is said to it and answered.
pub(super) struct Description {
    pub(super) path: &'static str,
    pub(super) method: HttpMethod,
    operation: OperationBuilder,
    answers: BTreeMap<u16, Answer>,
    refused: Vec<Refused>,
    needs_account: bool,
    /// It answers a browser with a page.
    is_for_browsers: bool,
    /// What the operation speaks of, for the components of the document.
    schemas: Vec<(String, RefOr<Schema>)>,
}

/// What is answered with one status.
#[derive(Default)]
struct Answer {
    description: String,
    contents: Vec<(&'static str, Content)>,
    headers: Vec<(&'static str, Header)>,
    links: Vec<Link>,
}

/// A new description; `id` is the name of the operation for programs that are made from the document.
pub(super) fn operation(
    method: HttpMethod,
    path: &'static str,
    id: &'static str,
    tag: &str,
    summary: &str,
) -> Description {
    Description {
        path,
        method,
        operation: OperationBuilder::new().operation_id(Some(id)).tag(tag).summary(Some(summary)),
        answers: BTreeMap::new(),
        refused: Vec::new(),
        needs_account: false,
        is_for_browsers: false,
        schemas: Vec::new(),
    }
}

impl Description {
    pub(super) fn explained(mut self, description: &str) -> Self {
        self.operation = self.operation.description(Some(description));
        self
    }

    /// It needs credentials of an account, or a key with this scope.
    pub(super) fn for_accounts(mut self, scope: &str) -> Self {
        self.needs_account = true;
        self.operation = self
            .operation
            .security(SecurityRequirement::new::<_, [&str; 0], _>(PASSWORD, []))
            .security(SecurityRequirement::new(KEY, [scope]));
        self.refuses(&OF_CALLERS)
    }

    /// The credentials may stand in the query.
    pub(super) fn or_in_query(mut self) -> Self {
        let both = SecurityRequirement::default()
            .add::<_, [&str; 0], _>(ACCOUNT_IN_QUERY, [])
            .add::<_, [&str; 0], _>(PASSWORD_IN_QUERY, []);
        self.operation = self.operation.security(both);
        self
    }

    /// The parameters of a query that is read into this type.
    pub(super) fn query<T: IntoParams>(mut self) -> Self {
        for parameter in T::into_params(|| Some(ParameterIn::Query)) {
            self.operation = self.operation.parameter(parameter);
        }
        self.bounded_query()
    }

    /// A query whose fields are those of an object: so it can be said which of them go together.
    pub(super) fn query_of<T: ToSchema>(self) -> Self {
        let fields = ParameterBuilder::new()
            .name("query")
            .parameter_in(ParameterIn::Query)
            .required(Required::True)
            .style(Some(ParameterStyle::Form))
            .explode(Some(true))
            .schema(Some(Ref::from_schema_name(T::name())));
        self.speaking_of::<T>().parameter(fields.build()).bounded_query()
    }

    fn bounded_query(self) -> Self {
        self.answers(414, "The query is too long.")
            .answers(431, "The query and the headers have more than 64 KiB.")
    }

    /// A schema that a parameter names.
    pub(super) fn speaking_of<T: ToSchema>(mut self) -> Self {
        T::schemas(&mut self.schemas);
        self.schemas.push((T::name().into_owned(), T::schema()));
        self
    }

    pub(super) fn parameter(mut self, parameter: Parameter) -> Self {
        self.operation = self.operation.parameter(parameter);
        self
    }

    /// The id of a message in the path.
    pub(super) fn of_message(self) -> Self {
        let id = ParameterBuilder::new()
            .name("id")
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .schema(Some(Ref::from_schema_name(words::MessageId::name())));
        self.speaking_of::<words::MessageId>().parameter(id.build())
    }

    /// A body that must be there, as JSON.
    pub(super) fn body<T: ToSchema>(self, examples: &[(&str, Value)]) -> Self {
        self.body_as::<T>(JSON, Required::True, examples).refuses(&[BAD_JSON, NOT_OF_TYPE])
    }

    /// A body of this type.
    pub(super) fn body_as<T: ToSchema>(
        mut self,
        content_type: &str,
        required: Required,
        examples: &[(&str, Value)],
    ) -> Self {
        let examples = examples
            .iter()
            .map(|(name, value)| (*name, ExampleBuilder::new().value(Some(value.clone())).build()));
        let content = ContentBuilder::new()
            .schema(Some(Ref::from_schema_name(T::name())))
            .examples_from_iter(examples)
            .build();
        let body = RequestBodyBuilder::new().required(Some(required)).content(content_type, content).build();
        self.operation = self.operation.request_body(Some(body));
        self.speaking_of::<T>().refuses(&OF_BODIES)
    }

    /// An answer without a body.
    pub(super) fn answers(mut self, status: u16, description: &str) -> Self {
        self.answers.entry(status).or_default().description = description.to_owned();
        self
    }

    /// An answer in JSON.
    pub(super) fn answers_json<T: ToSchema>(
        mut self,
        status: u16,
        description: &str,
        example: Value,
    ) -> Self {
        let content = ContentBuilder::new()
            .schema(Some(Ref::from_schema_name(T::name())))
            .example(Some(example))
            .build();
        let answer = self.answers.entry(status).or_default();
        answer.description = description.to_owned();
        answer.contents.push((JSON, content));
        self.speaking_of::<T>()
    }

    /// An answer that is text of this type.
    pub(super) fn answers_text(mut self, status: u16, description: &str, content_type: &'static str) -> Self {
        let answer = self.answers.entry(status).or_default();
        answer.description = description.to_owned();
        answer.contents.push((content_type, Content::new(Some(Schema::from(text().build())))));
        self
    }

    /// Whoever asks for a page is answered with one that says the same.
    pub(super) fn for_browsers(mut self) -> Self {
        self.is_for_browsers = true;
        self
    }

    /// A header of an answer.
    pub(super) fn with_header(mut self, status: u16, name: &'static str, header: Header) -> Self {
        self.answers.entry(status).or_default().headers.push((name, header));
        self
    }

    /// Operations on the message whose `id` is answered.
    pub(super) fn leads_to(mut self, status: u16, operations: &[&'static str]) -> Self {
        let links = operations.iter().map(|&operation| Link { operation, is_first_of_array: false });
        self.answers.entry(status).or_default().links.extend(links);
        self
    }

    /// The same of the first message, where an array is answered.
    pub(super) fn leads_from_array_to(mut self, status: u16, operations: &[&'static str]) -> Self {
        let links = operations.iter().map(|&operation| Link { operation, is_first_of_array: true });
        self.answers.entry(status).or_default().links.extend(links);
        self
    }

    pub(super) fn refuses(mut self, refused: &[Refused]) -> Self {
        self.refused.extend(refused);
        self
    }

    /// The operation, and the schemas that it speaks of.
    pub(super) fn done(mut self) -> (Operation, Vec<(String, RefOr<Schema>)>) {
        self.add_problems();
        let mut operation = self.operation;
        if !self.needs_account {
            // Said, so that nobody takes it for forgotten.
            operation = operation.securities(Some([]));
        }
        for (status, mut answer) in self.answers {
            if self.needs_account && status != 401 {
                answer.headers.extend(rate_headers());
            }
            if self.is_for_browsers && !answer.contents.is_empty() {
                answer.contents.push((HTML, Content::new(Some(Schema::from(text().build())))));
            }
            operation = operation.response(status.to_string(), answer.response());
        }
        (operation.build(), self.schemas)
    }

    fn add_problems(&mut self) {
        let mut by_status: BTreeMap<u16, Vec<Refused>> = BTreeMap::new();
        for refused in &self.refused {
            let same = by_status.entry(refused.status).or_default();
            if same.iter().all(|known| known.code != refused.code) {
                same.push(*refused);
            }
        }
        for (status, refused) in by_status {
            let answer = self.answers.entry(status).or_default();
            let lines = refused.iter().map(|Refused { code, when, .. }| format!("`{code}`: {when}."));
            answer.description = lines
                .chain((!answer.description.is_empty()).then(|| std::mem::take(&mut answer.description)))
                .collect::<Vec<_>>()
                .join("\n\n");
            answer.contents.push((PROBLEM_JSON, problem(status, &refused)));
            answer.headers.extend(problem_headers(status));
        }
    }
}

impl Answer {
    fn response(self) -> utoipa::openapi::Response {
        let mut response = ResponseBuilder::new().description(self.description);
        for (content_type, content) in self.contents {
            response = response.content(content_type, content);
        }
        for (name, header) in self.headers {
            response = response.header(name, header);
        }
        for Link { operation, is_first_of_array } in self.links {
            let (name, id, of) = if is_first_of_array {
                (format!("{operation}First"), "$response.body#/0/id", "Of the first message of an array.")
            } else {
                (operation.to_owned(), "$response.body#/id", "Of a message that is answered alone.")
            };
            let link = LinkBuilder::new().operation_id(operation).parameter("id", id).description(of).build();
            response = response.link(name, link);
        }
        response.build()
    }
}

/// An operation on a message that is answered.
struct Link {
    operation: &'static str,
    is_first_of_array: bool,
}

/// A problem with one of these codes.
fn problem(status: u16, refused: &[Refused]) -> Content {
    let narrowed = ObjectBuilder::new()
        .property("status", ObjectBuilder::new().schema_type(Type::Integer).enum_values(Some([status])))
        .property("code", text().enum_values(Some(refused.iter().map(|refused| refused.code))));
    let schema = AllOfBuilder::new().item(Ref::from_schema_name(Problem::name())).item(narrowed);
    let example = refused.first().map(|Refused { code, when, .. }| {
        let title =
            axum::http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
        json!({ "type": "about:blank", "title": title, "status": status, "code": code, "detail": when })
    });
    ContentBuilder::new().schema(Some(Schema::from(schema))).example(example).build()
}

fn problem_headers(status: u16) -> Vec<(&'static str, Header)> {
    let seconds = || ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).build();
    match status {
        401 => vec![("WWW-Authenticate", header("How to show who calls.", text().build()))],
        409 | 429 | 503 => vec![("Retry-After", header("After how many seconds to try again.", seconds()))],
        _ => Vec::new(),
    }
}

fn rate_headers() -> [(&'static str, Header); 2] {
    let policy = text().pattern(Some("^\"messages\";q=[0-9]+;w=[0-9]+$"));
    let left = text().pattern(Some("^\"messages\";r=[0-9]+;t=[0-9]+$"));
    [
        (
            "RateLimit-Policy",
            header(
                "How many messages (q) in how many seconds (w), if the account has a rate.",
                policy.build(),
            ),
        ),
        (
            "RateLimit",
            header("How many messages are left (r), and after how many seconds all are (t).", left.build()),
        ),
    ]
}

/// A header of an answer.
pub(super) fn header(description: &str, schema: impl Into<RefOr<Schema>>) -> Header {
    HeaderBuilder::new().description(Some(description)).schema(Some(schema)).build()
}

/// The names of the security schemes.
pub(super) const PASSWORD: &str = "password";
pub(super) const KEY: &str = "key";
pub(super) const ACCOUNT_IN_QUERY: &str = "accountInQuery";
pub(super) const PASSWORD_IN_QUERY: &str = "passwordInQuery";
pub(super) const JSON: &str = "application/json";
const PROBLEM_JSON: &str = "application/problem+json";
