//! A simulated operator: an SMSC with handsets, an ESME, a content provider
