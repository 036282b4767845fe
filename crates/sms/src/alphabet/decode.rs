//! The text of a body.

use super::national::Tables;
use super::{Alphabet, ascii, code_page, latin1, ucs2};
use crate::data_coding::DataCoding;

/// The text of a body without its user data header, or `None` if it is octets; the code pages of other
/// regions that SMPP lists are text.
///
/// Never fails on text: what means nothing is shown as U+FFFD, and so is the last octet of a UCS-2
/// body of odd length.
#[must_use]
pub fn decode(data_coding: u8, body: &[u8]) -> Option<String> {
    decode_by(Tables::DEFAULT, data_coding, body)
}

/// As [`decode`], with the tables that the header names; they matter for GSM 7-bit text only.
#[must_use]
pub fn decode_by(tables: Tables, data_coding: u8, body: &[u8]) -> Option<String> {
    Some(match DataCoding(data_coding).alphabet() {
        Alphabet::Gsm7 => tables.decode(body),
        Alphabet::Ascii => ascii::decode(body),
        Alphabet::Latin1 => latin1::decode(body),
        Alphabet::Ucs2 => ucs2::decode_lossy(body),
        Alphabet::Octets => return code_page::decode(DataCoding(data_coding).listed()?, body),
    })
}
