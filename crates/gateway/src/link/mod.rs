//! Attachments to the outside, and to services inside. Each protocol has its server, its client, and the one
//! place that translates between its words and a message.

pub(crate) mod answer;
pub(crate) mod http;
pub(crate) mod reassembly;
pub(crate) mod smpp;
