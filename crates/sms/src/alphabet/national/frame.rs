//! What the tables of Indic languages and Urdu have in common: which septets are a language's own, and what
//! the others are.

use super::table::{NOTHING, SEPTETS, Table};

/// The table in the place of the default table: a language's letters in the order of the septets that are free
/// for them, and the six behind the others, at 0x60 and from 0x7B on. A letter 0 is none.
pub(super) const fn locking(letters: [u32; LETTERS], last: [u32; 6]) -> Table {
    let mut characters = ascii_at(b"\n\r !)(,.0123456789:;?abcdefghijklmnopqrstuvwxyz", LOCKING_ASCII);
    let mut septet = 0;
    let mut letter = 0;
    while letter < LETTERS {
        if characters[septet] == NOTHING && septet != super::gsm::ESCAPE as usize {
            characters[septet] = character(letters[letter]);
            letter += 1;
        }
        septet += 1;
    }
    characters[0x60] = character(last[0]);
    let mut other = 1;
    while other < last.len() {
        characters[0x7A + other] = character(last[other]);
        other += 1;
    }
    Table::new(characters)
}

/// The table in the place of the extension table: a language's characters, by ranges, in the order of the
/// septets that are free for them. A range of 0 to 0 leaves a septet without one.
pub(super) const fn single(ranges: &[(u32, u32)]) -> Table {
    let mut characters = SINGLE;
    let mut next = 0;
    let mut range = 0;
    while range < ranges.len() {
        let (mut code, last) = ranges[range];
        while code <= last {
            characters[SINGLE_OWN[next] as usize] = character(code);
            code += 1;
            next += 1;
        }
        range += 1;
    }
    Table::new(characters)
}

const fn ascii_at(characters: &[u8], septets: [(u8, u8); 10]) -> [char; SEPTETS] {
    let mut table = [NOTHING; SEPTETS];
    let mut next = 0;
    let mut range = 0;
    while range < septets.len() {
        let (mut septet, last) = septets[range];
        while septet <= last {
            table[septet as usize] = characters[next] as char;
            next += 1;
            septet += 1;
        }
        range += 1;
    }
    table
}

const fn character(code: u32) -> char {
    match char::from_u32(code) {
        Some(character) => character,
        None => panic!("no character"),
    }
}

/// How many letters a locking shift table has before 0x60.
pub(super) const LETTERS: usize = 74;

/// Where a locking shift table has characters of ASCII, from and to.
const LOCKING_ASCII: [(u8, u8); 10] = [
    (0x0A, 0x0A),
    (0x0D, 0x0D),
    (0x20, 0x21),
    (0x28, 0x29),
    (0x2C, 0x2C),
    (0x2E, 0x2E),
    (0x30, 0x39),
    (0x3A, 0x3B),
    (0x3F, 0x3F),
    (0x61, 0x7A),
];

/// Which septets of a single shift table are a language's own, in their order.
#[rustfmt::skip]
const SINGLE_OWN: [u8; 32] = [
    0x19, 0x1A, 0x1C, 0x1D, 0x1E, 0x1F, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x2A, 0x2B,
    0x2C, 0x2D, 0x2E, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3A, 0x3B, 0x3F,
];

/// What all single shift tables have.
#[rustfmt::skip]
const SINGLE: [char; SEPTETS] = {
    const N: char = NOTHING;
    [
        '@', '£', '$', '¥', '¿', '"', '¤', '%', '&', '\'', '\u{C}', '*', '+', N, '-', '/',
        '<', '=', '>', '¡', '^', '¡', '_', '#', '*', N, N, N, N, N, N, N,
        N, N, N, N, N, N, N, N, '{', '}', N, N, N, N, N, '\\',
        N, N, N, N, N, N, N, N, N, N, N, N, '[', '~', ']', N,
        '|', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O',
        'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', N, N, N, N, N,
        N, N, N, N, N, '€', N, N, N, N, N, N, N, N, N, N,
        N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N,
    ]
};
