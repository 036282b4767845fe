//! Which parts of the gateway know which: what ARCHITECTURE.md says of the flow of data, file by file.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Nothing between the links knows a protocol: beside them only `gateway.rs` knows them, which starts them, and
/// `account.rs`, which keeps what all sessions of an account share.
#[test]
fn links_are_known_by_what_starts_them_alone() {
    let others = sources("").filter(|(file, _)| !file.starts_with("link"));
    let knowing = others.filter(|(_, names)| names.contains("link"));
    let files: Vec<PathBuf> = knowing.map(|(file, _)| file).collect();
    assert_eq!(files, ["account.rs", "gateway.rs"].map(PathBuf::from));
}

/// The file is checked by what knows neither links nor how messages go.
#[test]
fn the_configuration_knows_only_what_is_below_it() {
    let below = ["callback_url", "charset", "code_page", "escape_codes", "public_address", "template"];
    for (file, names) in sources("config") {
        let above: Vec<&String> =
            names.iter().filter(|name| *name != "config" && !below.contains(&name.as_str())).collect();
        assert!(above.is_empty(), "{} knows {above:?}", file.display());
    }
    for (file, names) in below.iter().flat_map(|name| sources(&format!("{name}.rs"))) {
        assert!(
            names.iter().all(|name| below.contains(&name.as_str())),
            "{} knows {names:?}",
            file.display()
        );
    }
}

/// The files there, by their paths below `src`, each with the modules of the crate that it names.
fn sources(part: &str) -> impl Iterator<Item = (PathBuf, BTreeSet<String>)> + use<> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root.join(part), &mut files);
    files.sort();
    assert!(!files.is_empty(), "there is no {part}");
    files.into_iter().map(move |file| {
        let names = modules_in(&fs::read_to_string(&file).unwrap());
        (file.strip_prefix(&root).unwrap().to_owned(), names)
    })
}

fn collect(place: &Path, files: &mut Vec<PathBuf>) {
    if place.is_dir() {
        for entry in fs::read_dir(place).unwrap() {
            collect(&entry.unwrap().path(), files);
        }
    } else {
        files.push(place.to_owned());
    }
}

fn modules_in(text: &str) -> BTreeSet<String> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let paths = code.flat_map(|line| line.split("crate::").skip(1));
    let names: BTreeSet<String> = paths.map(first_name).collect();
    assert!(!names.contains(""), "a path that this test cannot read: {text}");
    names
}

fn first_name(path: &str) -> String {
    path.chars().take_while(|letter| letter.is_ascii_lowercase() || *letter == '_').collect()
}
