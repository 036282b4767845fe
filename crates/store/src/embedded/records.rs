//! Where records are looked up.

use sms::MessageId;

use super::ledger::Ledger;
#[cfg(feature = "simulation")]
use super::simulation::Recorder;
use crate::{Page, Query, Record, StoreError};

/// What has the records of all messages.
#[derive(Debug)]
pub(super) enum Records {
    Ledger(Ledger),
    #[cfg(feature = "simulation")]
    Recorder(Recorder),
}

impl Records {
    pub(super) async fn find(&self, id: MessageId) -> Result<Option<Record>, StoreError> {
        match self {
            Self::Ledger(ledger) => ledger.find(id).await,
            #[cfg(feature = "simulation")]
            Self::Recorder(recorder) => Ok(recorder.find(id)),
        }
    }

    /// The serial of the message with this id, unless that has its final state.
    pub(super) async fn serial(&self, id: MessageId) -> Result<Option<u64>, StoreError> {
        match self {
            Self::Ledger(ledger) => ledger.serial(id).await,
            #[cfg(feature = "simulation")]
            Self::Recorder(recorder) => Ok(recorder.serial(id)),
        }
    }

    /// The serials of those of these messages that there is a record of, final or not.
    pub(super) async fn serials(&self, wanted: Vec<MessageId>) -> Result<Vec<(MessageId, u64)>, StoreError> {
        match self {
            Self::Ledger(ledger) => ledger.serials(wanted).await,
            #[cfg(feature = "simulation")]
            Self::Recorder(recorder) => Ok(recorder.serials(wanted)),
        }
    }

    pub(super) async fn search(&self, query: Query) -> Result<Page, StoreError> {
        match self {
            Self::Ledger(ledger) => ledger.search(query).await,
            #[cfg(feature = "simulation")]
            Self::Recorder(recorder) => Ok(recorder.search(&query)),
        }
    }

    /// Takes over what is in the journal, and ends.
    pub(super) fn close(&self) {
        match self {
            Self::Ledger(ledger) => ledger.close(),
            #[cfg(feature = "simulation")]
            Self::Recorder(_) => {}
        }
    }
}
