//! What those expect that a Kannel has called so far, or that have called one.

mod answer;
mod coding;
mod meta;
mod order;
pub(super) mod report;
mod request;
pub(super) mod server;
mod translate;
mod wanted;
mod xml;

pub(super) use coding::{Coding, Look, cut_text, data_coding, octets_of};
pub(super) use meta::{Overrides, tlvs as tlvs_of, told as meta_of};
pub(super) use wanted::{TOLD, callback_of_words};
pub(super) use xml::{Wishes, wishes_of_xml};
