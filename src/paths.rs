//! Names of files that belong to another file, and the folder a file lies in.

use std::path::{Path, PathBuf};

/// The file beside another one that is named after it: `beside("j.db", "-wal")` is `j.db-wal`.
pub fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// The folder of a file; `.` for a bare name.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_name_lies_here_and_endings_follow_the_whole_name() {
        assert_eq!(folder_of(Path::new("j.db")), Path::new("."));
        assert_eq!(folder_of(Path::new("data/j.db")), Path::new("data"));
        assert_eq!(beside(Path::new("data/j.db"), "-wal"), Path::new("data/j.db-wal"));
    }
}
