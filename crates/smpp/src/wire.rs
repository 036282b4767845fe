//! Reading and writing the fields of a PDU's body.

use bytes::BytesMut;

use crate::{CString, CommandStatus};

/// What is wrong with a body, and the status that tells the peer so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) status: CommandStatus,
    pub(crate) what: &'static str,
}

/// Reads fields off the front of a body and never beyond its end.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    octets: usize,
}

impl<'a> Reader<'a> {
    #[inline(always)]
    pub(crate) fn new(octets: &'a [u8]) -> Self {
        Self { rest: octets, octets: octets.len() }
    }

    /// Reads on where another has stopped.
    #[inline(always)]
    pub(crate) fn at(octets: &'a [u8], position: usize) -> Self {
        Self { rest: octets.get(position..).unwrap_or_default(), octets: octets.len() }
    }

    /// How many octets have been read.
    #[inline(always)]
    pub(crate) fn position(&self) -> usize {
        self.octets - self.rest.len()
    }

    /// The next octet, the field `what`.
    #[inline(always)]
    pub(crate) fn octet(&mut self, what: &'static str) -> Result<u8, Fault> {
        self.octets([what]).map(|[octet]| octet)
    }

    /// The next octets, a field each, of these names.
    #[inline(always)]
    pub(crate) fn octets<const M: usize>(&mut self, names: [&'static str; M]) -> Result<[u8; M], Fault> {
        match self.rest.split_first_chunk() {
            Some((octets, rest)) => {
                self.rest = rest;
                Ok(*octets)
            }
            None => Err(missing(names.get(self.rest.len()).copied().unwrap_or_default())),
        }
    }

    /// The next four octets as a number, the field `what`.
    pub(crate) fn number(&mut self, what: &'static str) -> Result<u32, Fault> {
        self.octets([what; 4]).map(u32::from_be_bytes)
    }

    /// The next C-octet string, the field `what`; one that is longer than `N` is answered `too_long`.
    #[inline(always)]
    pub(crate) fn c_string<const N: usize>(
        &mut self,
        what: &'static str,
        too_long: CommandStatus,
    ) -> Result<CString<N>, Fault> {
        // The rest of a PDU is nearly always as long as the longest string.
        let (Some(field), Some(end)) = (self.rest.first_chunk(), nul(self.rest, N)) else {
            return self.c_string_at_the_end(what, too_long);
        };
        self.rest = &self.rest[end + 1..];
        // N is at most 255.
        Ok(CString::before(field, end as u8))
    }

    #[cold]
    fn c_string_at_the_end<const N: usize>(
        &mut self,
        what: &'static str,
        too_long: CommandStatus,
    ) -> Result<CString<N>, Fault> {
        let Some(end) = nul(self.rest, N) else {
            return Err(if self.rest.len() > N { Fault { status: too_long, what } } else { missing(what) });
        };
        let (string, rest) = self.rest.split_at(end);
        self.rest = &rest[1..];
        CString::without_nul(string).ok_or(Fault { status: too_long, what })
    }
}

/// Where the first NUL is, if it is among the first `N + 1` octets.
#[inline(always)]
fn nul(octets: &[u8], n: usize) -> Option<usize> {
    octets[..octets.len().min(n + 1)].iter().position(|&octet| octet == 0)
}

/// The body ends before or within the field `what`.
#[cold]
fn missing(what: &'static str) -> Fault {
    Fault { status: CommandStatus::INVCMDLEN, what }
}

/// Appends a C-octet string with its NUL.
pub(crate) fn put_c_string(out: &mut BytesMut, octets: &[u8]) {
    out.extend_from_slice(octets);
    out.extend_from_slice(&[0]);
}

/// Writes fields one behind the other into room that is there already.
pub(crate) struct Writer<'a> {
    room: &'a mut [u8],
    end: usize,
}

impl Writer<'_> {
    /// Appends what `write` writes. There is room for `octets_max`: that of all it writes and of one field
    /// more, because fields are copied whole; what there is no room for is left out.
    #[inline(always)]
    pub(crate) fn append(out: &mut BytesMut, octets_max: usize, write: impl FnOnce(&mut Writer<'_>)) {
        let start = out.len();
        out.resize(start + octets_max, 0);
        let mut writer = Writer { room: &mut out[start..], end: 0 };
        write(&mut writer);
        let end = start + writer.end;
        out.truncate(end);
    }

    #[inline(always)]
    pub(crate) fn put<const K: usize>(&mut self, octets: [u8; K]) {
        if let Some(room) = self.next() {
            *room = octets;
            self.end += K;
        }
    }

    /// A C-octet string with its NUL: the whole field is copied, and what follows overwrites the rest.
    #[inline(always)]
    pub(crate) fn put_c_string<const N: usize>(&mut self, string: &CString<N>) {
        let (field, octets) = string.field();
        if let Some(room) = self.next() {
            *room = *field;
            self.end += octets;
        }
        self.put([0]);
    }

    #[inline(always)]
    fn next<const K: usize>(&mut self) -> Option<&mut [u8; K]> {
        self.room.get_mut(self.end..)?.first_chunk_mut()
    }
}
