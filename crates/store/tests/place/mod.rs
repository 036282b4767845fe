//! Directories that tests work in.

use std::path::Path;

/// What a process that is killed leaves behind: the files as they are, however far its threads are.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for item in std::fs::read_dir(from).unwrap() {
        let item = item.unwrap();
        let target = to.join(item.file_name());
        if item.file_type().unwrap().is_dir() {
            copy(&item.path(), &target);
        } else if let Err(error) = std::fs::copy(item.path(), target) {
            assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "removed meanwhile");
        }
    }
}
