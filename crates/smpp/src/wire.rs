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
    fault: Fault,
}

impl<'a> Reader<'a> {
    #[inline(always)]
    pub(crate) fn new(octets: &'a [u8]) -> Self {
        Self { rest: octets, octets: octets.len(), fault: NO_FAULT }
    }

    /// How many octets have been read.
    #[inline(always)]
    pub(crate) fn position(&self) -> usize {
        self.octets - self.rest.len()
    }

    /// What has not been read.
    #[inline(always)]
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next octet, the field `what`.
    pub(crate) fn octet(&mut self, what: &'static str) -> Result<u8, Fault> {
        self.next_octet(what).ok_or_else(|| self.fault())
    }

    /// The next four octets as a number, the field `what`.
    pub(crate) fn number(&mut self, what: &'static str) -> Result<u32, Fault> {
        self.next(&[what; 4]).map(u32::from_be_bytes).ok_or_else(|| self.fault())
    }

    /// The next C-octet string, the field `what`; one that is longer than `N` is answered `too_long`.
    pub(crate) fn c_string<const N: usize>(
        &mut self,
        what: &'static str,
        too_long: CommandStatus,
    ) -> Result<CString<N>, Fault> {
        self.next_c_string(what, too_long).ok_or_else(|| self.fault())
    }

    // What follows returns no `Result`: that keeps a string where its `Fault` would be, and the compiler moves it
    // from there in pieces that wait for each other, which takes longer than to read it.

    /// The next octet, the field `what`, or none because of [`Reader::fault`].
    #[inline(always)]
    pub(crate) fn next_octet(&mut self, what: &'static str) -> Option<u8> {
        self.next(&[what]).map(|[octet]| octet)
    }

    /// The next octets, a field each, of these names, or none because of [`Reader::fault`].
    #[inline(always)]
    pub(crate) fn next<const M: usize>(&mut self, names: &[&'static str; M]) -> Option<[u8; M]> {
        match self.rest.split_first_chunk() {
            Some((octets, rest)) => {
                self.rest = rest;
                Some(*octets)
            }
            None => {
                self.refuse(CommandStatus::INVCMDLEN, names.get(self.rest.len()).copied().unwrap_or_default())
            }
        }
    }

    /// The next C-octet string, read as [`Reader::c_string`] does, or none because of [`Reader::fault`].
    #[inline(always)]
    pub(crate) fn next_c_string<const N: usize>(
        &mut self,
        what: &'static str,
        too_long: CommandStatus,
    ) -> Option<CString<N>> {
        let field = self.rest;
        if let [0, rest @ ..] = field {
            self.rest = rest;
            return Some(CString::EMPTY);
        }
        let Some(end) = nul::<N>(field) else {
            return self.refuse(if field.len() > N { too_long } else { CommandStatus::INVCMDLEN }, what);
        };
        self.rest = &field[end + 1..];
        Some(CString::at_front(field, end))
    }

    /// Says what is wrong, and that nothing was read.
    #[inline(always)]
    pub(crate) fn refuse<T>(&mut self, status: CommandStatus, what: &'static str) -> Option<T> {
        self.fault = Fault { status, what };
        None
    }

    /// What is wrong with the field that was not read.
    #[inline(always)]
    pub(crate) fn fault(&self) -> Fault {
        self.fault
    }
}

/// Where the first NUL is, if it is among the first `N + 1` octets.
#[inline(always)]
fn nul<const N: usize>(octets: &[u8]) -> Option<usize> {
    let mut at = 0;
    while at <= N {
        let Some(word) = octets.get(at..).and_then(|octets| octets.first_chunk()) else {
            return nul_at_the_end(octets, N);
        };
        let word = u64::from_le_bytes(*word);
        // The lowest octet that is 0 sets its highest bit; higher ones may do so wrongly.
        let nuls = word.wrapping_sub(0x0101_0101_0101_0101) & !word & 0x8080_8080_8080_8080;
        if nuls != 0 {
            let end = at + nuls.trailing_zeros() as usize / 8;
            return (end <= N).then_some(end);
        }
        at += 8;
    }
    None
}

/// The same octet by octet.
#[cold]
fn nul_at_the_end(octets: &[u8], n: usize) -> Option<usize> {
    octets.iter().take(n + 1).position(|&octet| octet == 0)
}

/// Nothing is wrong yet.
const NO_FAULT: Fault = Fault { status: CommandStatus::OK, what: "" };

/// Appends a C-octet string with its NUL.
pub(crate) fn put_c_string(out: &mut BytesMut, octets: &[u8]) {
    out.extend_from_slice(octets);
    out.extend_from_slice(&[0]);
}

/// Writes fields one behind the other into room for `R` octets that is there already.
pub(crate) struct Writer<'a, const R: usize> {
    room: &'a mut [u8; R],
    end: usize,
}

impl<const R: usize> Writer<'_, R> {
    /// Appends what `write` writes. `R` is the octets of all it writes and of one field more, because
    /// fields are copied whole; what there is no room for is left out.
    #[inline(always)]
    pub(crate) fn append(out: &mut BytesMut, write: impl FnOnce(&mut Writer<'_, R>)) {
        let start = out.len();
        out.resize(start + R, 0);
        let Some(room) = out.last_chunk_mut() else { return };
        let mut writer = Writer { room, end: 0 };
        write(&mut writer);
        let end = start + writer.end;
        out.truncate(end);
    }

    #[inline(always)]
    pub(crate) fn put<const K: usize>(&mut self, octets: [u8; K]) {
        if let Some(room) = self.room.get_mut(self.end..self.end + K) {
            room.copy_from_slice(&octets);
            self.end += K;
        }
    }

    /// A C-octet string with its NUL: the whole field is copied, and what follows overwrites the rest.
    #[inline(always)]
    pub(crate) fn put_c_string<const N: usize>(&mut self, string: &CString<N>) {
        let (field, octets) = string.field();
        if let Some(room) = self.room.get_mut(self.end..self.end + N) {
            room.copy_from_slice(field);
            self.end += octets;
        }
        self.put([0]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOO_LONG: Fault = Fault { status: CommandStatus::INVSRCADR, what: "string" };
    const MISSING: Fault = Fault { status: CommandStatus::INVCMDLEN, what: "string" };

    fn read(body: &[u8]) -> (Result<CString<20>, Fault>, usize) {
        let mut reader = Reader::new(body);
        (reader.c_string("string", CommandStatus::INVSRCADR), reader.position())
    }

    #[test]
    fn a_c_string_ends_at_its_first_nul_wherever_the_body_ends() {
        // The octets beside NUL are those that could be taken for one.
        for octet in [1, b'x', 0x7F, 0x80, 0x81, 0xFF] {
            for octets in 0..40 {
                let string = vec![octet; octets];
                let unterminated = if octets > 20 { TOO_LONG } else { MISSING };
                assert_eq!(read(&string), (Err(unterminated), 0));
                for after in 0..30 {
                    for next in [0, 1, 0xFF] {
                        let body = [&string[..], &[0], &vec![next; after]].concat();
                        let expected = CString::new(&string).ok_or(TOO_LONG);
                        let position = if expected.is_ok() { octets + 1 } else { 0 };
                        assert_eq!(read(&body), (expected, position), "{octets} × {octet}, {after} × {next}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_first_field_that_is_not_there_is_named() {
        for (octets, what) in ["a", "b", "c"].into_iter().enumerate() {
            let body = vec![7; octets];
            let mut reader = Reader::new(&body);
            assert_eq!(reader.next(&["a", "b", "c"]), None);
            assert_eq!(reader.fault(), Fault { status: CommandStatus::INVCMDLEN, what });
        }
    }

    #[test]
    fn fields_are_written_one_behind_the_other() {
        let mut out = BytesMut::from(&b"before"[..]);
        Writer::<30>::append(&mut out, |writer| {
            writer.put([1, 2]);
            writer.put_c_string(&CString::<20>::clipped(b"BANK"));
            writer.put([3]);
        });
        assert_eq!(&out[..], b"before\x01\x02BANK\0\x03");
    }
}
