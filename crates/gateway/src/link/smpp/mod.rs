//! SMPP links: ESMEs that bind to us, and SMSCs that we bind to.

pub(crate) mod client;
mod late;
mod relay;
pub(crate) mod server;
mod translate;
mod values;
