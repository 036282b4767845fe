//! Attachments to the outside. Each protocol has its server, its client, and the one place that
//! translates between its words and a message.

pub(crate) mod http;
pub(crate) mod smpp;
