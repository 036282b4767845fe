//! A simulated operator: a message centre with handsets, an ESME that can make load, a content provider,
//! a customer that makes load over HTTP.
//!
//! [`Smsc`] is bound to, [`Esme`] and [`Load`] bind, [`Application`] is called by HTTP and [`HttpLoad`]
//! calls. They are used by tests, by the demo and from the command line, and speak for themselves: nothing
//! here prints, and everything stops when it is told to or dropped. They must be called within a tokio
//! runtime.

mod address;
mod application;
mod audit;
mod cut;
mod esme;
mod every;
mod histogram;
mod http_load;
mod join;
mod load;
mod serial;
mod smsc;

pub use address::address;
pub use application::{Answer, Application, ApplicationConfig, Call, Reply};
pub use audit::Audit;
pub use esme::{BindError, Esme, EsmeConfig, IncomingMessage, IncomingReceipt, SubmitError};
pub use every::Every;
pub use histogram::{Histogram, Latency};
pub use http_load::{Dialect, HttpLoad, HttpLoadReport};
pub use load::{Fate, Load, LoadProgress, LoadReport, LoadRun};
pub use serial::Serial;
pub use smsc::{
    Credentials, Fates, Faults, Handset, HandsetMessage, IdForm, MoError, ReceiptPath, Smsc, SmscConfig,
    SmscStats, Submit, Tally,
};
