//! What a caller wants a handset to do with a message: flash, ports, and what waits elsewhere.

use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use sms::MessageClass;
use sms::udh::{Ports, Waiting};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayBuilder, OneOfBuilder, Ref, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::super::problem::Problem;
use super::object::Object;
use super::whole;
use crate::presentation::Presentation;

/// Application ports, 23.040 section 9.2.3.24.4.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Ports)]
pub(super) struct PortsRequest {
    #[serde(deserialize_with = "whole::number")]
    #[schema(maximum = 65535)]
    destination: u16,
    #[serde(default, deserialize_with = "whole::number")]
    #[schema(maximum = 65535)]
    source: u16,
}

/// Something that waits for the subscriber elsewhere.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Waiting)]
pub(super) struct WaitingRequest {
    kind: Kind,
    /// How many wait; 0 takes the sign away.
    #[serde(deserialize_with = "whole::number")]
    #[schema(maximum = 255)]
    count: u8,
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(in super::super) enum Kind {
    Voice,
    Fax,
    Email,
    Other,
    Video,
}

impl From<PortsRequest> for Ports {
    fn from(ports: PortsRequest) -> Self {
        Self { destination: ports.destination, source: ports.source }
    }
}

impl WaitingRequest {
    /// The same for a message that is kept, or not, once the sign is set.
    fn of_message(self, is_kept: bool) -> Waiting {
        let kind = match self.kind {
            Kind::Voice => Waiting::VOICE,
            Kind::Fax => Waiting::FAX,
            Kind::Email => Waiting::EMAIL,
            Kind::Other => Waiting::OTHER,
            Kind::Video => Waiting::VIDEO,
        };
        Waiting { is_kept, kind, count: self.count }
    }
}

/// What a text is meant for. One without any characters is not kept.
pub(super) fn presentation(
    text: &str,
    class: Option<MessageClass>,
    ports: Option<PortsRequest>,
    waiting: &[WaitingRequest],
) -> Result<Presentation, Problem> {
    if class.is_some() && !waiting.is_empty() {
        let detail = "a message that says what waits has no class: leave out flash and message_class";
        return Err(Problem::bad_value("waiting", detail));
    }
    let of_message = |waiting: &WaitingRequest| waiting.of_message(!text.is_empty());
    let waiting: Vec<_> = waiting.iter().map(of_message).collect();
    let is_said_before = |at: usize| waiting.iter().take(at).any(|before| before.kind == waiting[at].kind);
    if (0..waiting.len()).any(is_said_before) {
        return Err(Problem::bad_value("waiting", "each kind is said once"));
    }
    Ok(Presentation { class, ports: ports.map(Ports::from), waiting })
}

/// The class that `flash` or `message_class` name.
pub(super) fn class(flash: bool, number: Option<u8>) -> Result<Option<MessageClass>, Problem> {
    match (flash, number) {
        (true, None) => Ok(Some(MessageClass::Flash)),
        (false, None) => Ok(None),
        (false, Some(number @ 0..=3)) => Ok(Some(MessageClass::of(number))),
        (true, Some(_)) => {
            Err(Problem::bad_value("message_class", "either flash or message_class, not both"))
        }
        (false, Some(_)) => Err(Problem::bad_value("message_class", "0 (flash) to 3")),
    }
}

/// Reads one object or an array of them.
pub(super) fn waiting<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<WaitingRequest>, D::Error> {
    deserializer.deserialize_any(OneOrMany)
}

/// What [`waiting`] reads, as the document has it.
pub(super) struct WaitingRequests;

impl PartialSchema for WaitingRequests {
    fn schema() -> RefOr<Schema> {
        let waiting = Ref::from_schema_name(WaitingRequest::name());
        let several = Ref::from_schema_name(WaitingOfSeveralKinds::name());
        OneOfBuilder::new().item(waiting).item(several).into()
    }
}

impl ToSchema for WaitingRequests {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((WaitingRequest::name().into_owned(), WaitingRequest::schema()));
        schemas.push((WaitingOfSeveralKinds::name().into_owned(), WaitingOfSeveralKinds::schema()));
        WaitingRequest::schemas(schemas);
    }
}

super::words::word!(
    /// What waits of several kinds, each of them once.
    WaitingOfSeveralKinds,
    ArrayBuilder::new().items(Ref::from_schema_name(WaitingRequest::name()))
);

struct OneOrMany;

impl<'de> Visitor<'de> for OneOrMany {
    type Value = Vec<WaitingRequest>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with kind and count, or an array of them")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Ok(vec![WaitingRequest::deserialize(MapAccessDeserializer::new(map))?])
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        let several: Vec<Object<WaitingRequest>> = Vec::deserialize(SeqAccessDeserializer::new(seq))?;
        Ok(several.into_iter().map(|Object(waiting)| waiting).collect())
    }
}
