//! Estafet, the SMS gateway: links, intake, dispatch, configuration and the program.
//!
//! A message comes in by a link, passes `intake`, waits in the store, and leaves by `dispatch` and
//! another link. Nothing between the links knows a protocol.

mod access_log;
mod account;
mod attributes;
mod callback_url;
mod chance;
mod charset;
mod clock;
mod code_page;
pub mod config;
mod directory;
mod dispatch;
mod encoding;
mod escape_codes;
mod explain;
mod gateway;
mod health;
mod inbox;
mod intake;
mod keywords;
mod link;
mod login;
mod metrics;
mod network;
mod places;
mod presence;
mod presentation;
mod public_address;
mod recoding;
mod references;
mod refusal;
mod reply;
mod report;
mod sar;
mod scripts;
mod submission;
mod surroundings;
mod template;
mod tls;
mod transliteration;

pub use chance::Chance;
pub use clock::Clock;
pub use explain::{RouteQuestion, explain_route};
pub use gateway::Gateway;
pub use link::http::record_view;
pub use network::{Listener, Network, Stream, Tcp};
pub use surroundings::Surroundings;
