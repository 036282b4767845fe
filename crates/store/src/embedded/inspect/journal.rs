//! What the journal of a data directory says.

use std::path::Path;

use super::super::disk::ReadDirectory;
use super::super::index::Index;
use super::super::journal::Place;
use super::super::links::Links;
use super::super::options::{OpenError, Options};
use super::super::recovery::{FileRead, Said, read};
use super::super::slots::Phase;
use super::{Finding, JournalFile, Report, Standing};

/// Puts what the journal says into the report. Returns where the valid part of each file ends.
pub(super) fn look(directory: &Path, report: &mut Report) -> Result<Vec<Place>, OpenError> {
    // How long something waits changes nothing that is counted here.
    let Options { receipt_timeout, notice_timeout, .. } = Options::default();
    let mut disk = ReadDirectory(directory.join("journal"));
    let findings = &mut report.findings;
    let said = read(&mut disk, receipt_timeout, notice_timeout, &mut |error| {
        findings.push(damage(error)?);
        Ok(())
    })?;
    for file in &said.files {
        findings.extend(torn_tail(file));
        report.journal.push(journal_file(file, &said.index));
    }
    findings.extend(said.stillborn.map(|number| Finding {
        file: name_of(number),
        offset: None,
        what: String::from("its birth was cut short; it holds nothing and is removed at the next start"),
        is_damage: false,
    }));
    report.standing = standing(&said);
    let end = |file: &FileRead| Place { file: file.number, offset: file.valid as u32 };
    Ok(said.files.iter().map(end).collect())
}

fn name_of(number: u32) -> String {
    format!("journal/{number:010}.log")
}

/// The finding that an error says; the error itself if it says none.
fn damage(error: OpenError) -> Result<Finding, OpenError> {
    let (file, offset, what) = match error {
        OpenError::Damaged { file, offset, what } => (file, Some(offset), what.to_owned()),
        OpenError::Version { file, version } => {
            (file, None, format!("it has format version {version}, which is not known"))
        }
        error => return Err(error),
    };
    Ok(Finding { file: name_of(file), offset, what, is_damage: true })
}

fn torn_tail(file: &FileRead) -> Option<Finding> {
    let torn = file.octets.checked_sub(file.valid).filter(|&octets| octets > 0)?;
    Some(Finding {
        file: name_of(file.number),
        offset: Some(file.valid),
        what: format!(
            "a torn tail of {torn} octets, or what an older file held, never acknowledged; it is cut at the next start"
        ),
        is_damage: false,
    })
}

fn journal_file(file: &FileRead, index: &Index) -> JournalFile {
    let count = index.census.of(file.number);
    JournalFile {
        name: name_of(file.number),
        octets: file.octets,
        messages: count.messages.into(),
        live: count.live.into(),
        unmatched_receipts: count.early.into(),
    }
}

fn standing(said: &Said) -> Standing {
    let Said { index, links, .. } = said;
    let in_phase = |phase| {
        let slots = (0..index.slab.len()).filter_map(|slot| index.slab.get(slot));
        slots.filter(|slot| slot.phase() == phase).count() as u64
    };
    Standing {
        live_messages: index.live_messages,
        waiting: waiting(index, links),
        outcome_unknown: in_phase(Phase::Lent),
        held: in_phase(Phase::Held),
        awaiting_receipt: index.awaiting_receipt,
        unmatched_receipts: index.early.len() as u64,
    }
}

fn waiting(index: &Index, links: &Links) -> Vec<(sms::LinkName, u64)> {
    let per_link = (0..).zip(links.names()).map(|(number, name)| (name.clone(), index.waiting(number)));
    per_link.filter(|(_, waiting)| *waiting > 0).collect()
}
