//! What an import could not carry over, line by line.

use std::fmt::{self, Display};
use std::rc::Rc;

/// A line of a file that is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) file: Rc<str>,
    /// From 1.
    pub(super) line: usize,
}

/// What people must look at, in the order of the files. Values are never in it: they may be passwords.
#[derive(Debug, Default)]
pub(super) struct Report(Vec<Remark>);

#[derive(Debug)]
struct Remark {
    place: Place,
    subject: String,
    why: String,
}

impl Report {
    /// Something is not in the new configuration, or means something else there.
    pub(super) fn remark(&mut self, place: &Place, subject: impl Into<String>, why: impl Into<String>) {
        self.0.push(Remark { place: place.clone(), subject: subject.into(), why: why.into() });
    }

    /// Puts remarks in the order of the lines that they are about.
    pub(super) fn in_order(mut self) -> Self {
        let mut files: Vec<Rc<str>> = Vec::new();
        for remark in &self.0 {
            if !files.contains(&remark.place.file) {
                files.push(remark.place.file.clone());
            }
        }
        self.0.sort_by_key(|remark| {
            (files.iter().position(|file| *file == remark.place.file), remark.place.line)
        });
        self
    }
}

impl Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}", self.file, self.line)
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Remark { place, subject, why } in &self.0 {
            writeln!(f, "{place}: {subject}: {why}")?;
        }
        Ok(())
    }
}
