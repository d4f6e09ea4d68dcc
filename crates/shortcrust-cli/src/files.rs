//! Reading files with a limit, and writing them whole or not at all.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use crate::failure::{Failure, Result};

/// Reads a file; of one that is longer than `limit` bytes, the first `limit + 1`.
pub fn read_at_most(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(limit.saturating_add(1)).read_to_end(&mut bytes))
        .map_err(|error| unreadable(path, &error))?;
    Ok(bytes)
}

/// The failure to read a file.
pub fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::file(
        path,
        format!("it cannot be read: {error}"),
        "check the path and its permissions",
    )
}

/// The folder that a path is in.
pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// Writes a file beside its destination and moves it there when it is complete.
pub fn write(path: &Path, contents: &[u8]) -> Result<()> {
    let directory = folder_of(path);
    let write = || -> std::io::Result<()> {
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // What an ordinary new file has; the user's umask narrows it.
            builder.permissions(std::fs::Permissions::from_mode(0o666));
        }
        let mut file = builder.prefix(".shortcrust-").tempfile_in(directory)?;
        file.write_all(contents)?;
        file.persist(path)?;
        Ok(())
    };
    write().map_err(|error| {
        Failure::file(
            path,
            format!("it cannot be written: {error}"),
            "check that the folder exists and can be written",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writing_replaces_the_file_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.bin");
        write(&path, b"first").unwrap();
        write(&path, b"second").unwrap();
        assert_eq!(read_at_most(&path, 100).unwrap(), b"second");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn writing_into_a_missing_folder_fails() {
        let folder = tempfile::tempdir().unwrap();
        let failure = write(&folder.path().join("missing/out.bin"), b"x").unwrap_err();
        assert!(
            failure.to_string().contains("cannot be written"),
            "{failure}"
        );
    }

    #[test]
    fn long_files_are_cut_one_byte_after_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("long.bin");
        write(&path, &[7; 1000]).unwrap();
        assert_eq!(read_at_most(&path, 10).unwrap().len(), 11);
    }
}
