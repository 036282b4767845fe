//! The gateway between simulated message centres, ESMEs and content providers: what its users rely on.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod harness;

mod attributes;
mod binds;
mod bulk;
mod callbacks;
mod content_provider;
mod dead_letters;
mod given_up;
mod guessing;
mod http;
mod jasmin;
mod keywords;
mod kill;
mod limits;
mod long_messages;
mod lost_receivers;
mod mobile_originated;
mod operations;
mod outages;
mod presentation;
mod priority;
mod profiles;
mod reassembly;
mod recall;
mod receipt_ids;
mod receipts;
mod redelivery;
mod refusals;
mod relaying;
mod reload;
mod replies;
mod routing;
mod sendsms;
mod sessions;
mod stopping;
mod taking_back;
mod times;
mod tls;
mod tls_towards_smscs;
mod transliteration;
mod unknown_outcome;
mod versions;
