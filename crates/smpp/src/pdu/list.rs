//! Lists of up to 255 things of different lengths, kept as they stand on the wire.

use bytes::{Bytes, BytesMut};

use crate::wire::{Fault, Reader};

/// A count and so many things behind it, checked when they were taken from the wire.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct List {
    count: u8,
    wire: Bytes,
}

impl List {
    /// These things, which `put` writes; `None` if they are more than 255.
    pub(super) fn of<T>(things: &[T], put: impl Fn(&T, &mut BytesMut)) -> Option<Self> {
        let count = u8::try_from(things.len()).ok()?;
        let mut wire = BytesMut::new();
        for thing in things {
            put(thing, &mut wire);
        }
        Some(Self { count, wire: wire.freeze() })
    }

    /// Reads `count` things, which `read` reads one by one, off the front of what `reader` has of `body`.
    pub(super) fn decode<T>(
        count: u8,
        body: &Bytes,
        reader: &mut Reader<'_>,
        read: impl Fn(&mut Reader<'_>) -> Result<T, Fault>,
    ) -> Result<Self, Fault> {
        let start = reader.position();
        for _ in 0..count {
            read(reader)?;
        }
        Ok(Self { count, wire: body.slice(start..reader.position()) })
    }

    /// As many of `count` things as are whole, and what follows them in the body of a response.
    pub(super) fn decode_leniently<T>(
        count: u8,
        mut body: Bytes,
        read: impl Fn(&mut Reader<'_>) -> Result<T, Fault>,
    ) -> (Self, Bytes) {
        let mut reader = Reader::new(&body);
        let mut whole = 0;
        let mut end = 0;
        while whole < count && read(&mut reader).is_ok() {
            whole += 1;
            end = reader.position();
        }
        let rest = body.split_off(end);
        (Self { count: whole, wire: body }, rest)
    }

    pub(super) fn len(&self) -> usize {
        usize::from(self.count)
    }

    /// The things, which `read` reads as it did when they were decoded.
    pub(super) fn iter<'a, T>(
        &'a self,
        read: impl Fn(&mut Reader<'a>) -> Result<T, Fault> + 'a,
    ) -> impl Iterator<Item = T> + 'a {
        let mut reader = Reader::new(&self.wire);
        (0..self.count).map_while(move |_| read(&mut reader).ok())
    }

    /// The count and the things.
    pub(super) fn encode(&self, out: &mut BytesMut) {
        out.extend_from_slice(&[self.count]);
        out.extend_from_slice(&self.wire);
    }

    pub(super) fn octets(&self) -> usize {
        1 + self.wire.len()
    }
}
