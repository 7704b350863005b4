//! Result file: opened before the run, so that a wrong path fails early; renamed into place when complete.

use std::fs::{self, File, Permissions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

/// A result file being written.
#[derive(Debug)]
pub struct ResultFile {
    path: PathBuf,
    out: Out,
    failure: Option<io::Error>,
}

#[derive(Debug)]
enum Out {
    /// Temporary file in the same directory.
    Temporary(BufWriter<NamedTempFile>),
    /// Device or pipe, written in place.
    InPlace(BufWriter<File>),
}

impl ResultFile {
    /// Opens the file.
    pub fn create(path: &Path) -> io::Result<Self> {
        let out = match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            Ok(metadata) if !metadata.is_file() => {
                Out::InPlace(BufWriter::new(File::options().write(true).open(path)?))
            }
            Ok(metadata) => Out::Temporary(BufWriter::new(temporary(
                path,
                Some(metadata.permissions()),
            )?)),
            Err(_) => Out::Temporary(BufWriter::new(temporary(path, None)?)),
        };
        Ok(Self {
            path: path.to_owned(),
            out,
            failure: None,
        })
    }

    /// Appends `text`. The first error is kept, and nothing is written after it.
    pub fn write(&mut self, text: &str) {
        if self.failure.is_none() {
            let result = match &mut self.out {
                Out::Temporary(out) => out.write_all(text.as_bytes()),
                Out::InPlace(out) => out.write_all(text.as_bytes()),
            };
            self.failure = result.err();
        }
    }

    /// Completes the file: renames a temporary file into place.
    pub fn finish(self) -> io::Result<()> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        match self.out {
            Out::InPlace(mut out) => out.flush(),
            Out::Temporary(out) => {
                let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
                file.persist(&self.path)?;
                Ok(())
            }
        }
    }

    /// The path.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// A temporary file in the same directory: rename(2) is atomic within a file system.
fn temporary(path: &Path, permissions: Option<Permissions>) -> io::Result<NamedTempFile> {
    let directory = path
        .parent()
        .filter(|directory| !directory.as_os_str().is_empty());
    let mut builder = Builder::new();
    builder.prefix(".synack-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As open(2) with the umask.
        builder.permissions(Permissions::from_mode(0o666));
    }
    let file = builder.tempfile_in(directory.unwrap_or(Path::new(".")))?;
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions)?;
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complete_file_replaces_the_old_one() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("results.csv");
        fs::write(&path, "old").expect("a file");
        let mut file = ResultFile::create(&path).expect("created");
        file.write("new");
        assert_eq!(fs::read_to_string(&path).expect("the old file"), "old");
        file.finish().expect("renamed");
        assert_eq!(fs::read_to_string(&path).expect("the new file"), "new");
        assert_eq!(
            fs::read_dir(directory.path()).expect("a directory").count(),
            1
        );
    }

    #[test]
    fn an_incomplete_file_is_removed() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("results.csv");
        ResultFile::create(&path).expect("created").write("half");
        assert_eq!(
            fs::read_dir(directory.path()).expect("a directory").count(),
            0
        );
    }

    #[test]
    fn a_wrong_path_fails_on_create() {
        let directory = tempfile::tempdir().expect("a directory");
        assert!(ResultFile::create(directory.path()).is_err(), "a directory");
        assert!(ResultFile::create(&directory.path().join("none/x.csv")).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_written_in_place() {
        let mut file = ResultFile::create(Path::new("/dev/null")).expect("a device");
        file.write("gone");
        file.finish().expect("nothing to rename");
        assert!(!Path::new("/dev/null").is_file());
    }
}
