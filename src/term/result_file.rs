//! A file of results: opened before the run, so that a bad path is told before the first probe, and put in its
//! place when it is whole.

use std::fs::{self, File, Permissions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

/// One file being written.
#[derive(Debug)]
pub struct ResultFile {
    path: PathBuf,
    out: Out,
    failure: Option<io::Error>,
}

#[derive(Debug)]
enum Out {
    /// Beside its place, with a name of its own until it is whole.
    New(BufWriter<NamedTempFile>),
    /// A device or a pipe, which cannot be replaced.
    Special(BufWriter<File>),
}

impl ResultFile {
    /// Opens it. An error says why nothing could be written there.
    pub fn create(path: &Path) -> io::Result<Self> {
        let out = match fs::metadata(path) {
            Ok(there) if there.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            Ok(there) if !there.is_file() => {
                Out::Special(BufWriter::new(File::options().write(true).open(path)?))
            }
            Ok(there) => Out::New(BufWriter::new(beside(path, Some(there.permissions()))?)),
            Err(_) => Out::New(BufWriter::new(beside(path, None)?)),
        };
        Ok(Self {
            path: path.to_owned(),
            out,
            failure: None,
        })
    }

    /// Appends `text`. After a failure nothing more is written, and the failure is kept.
    pub fn write(&mut self, text: &str) {
        if self.failure.is_none() {
            let result = match &mut self.out {
                Out::New(out) => out.write_all(text.as_bytes()),
                Out::Special(out) => out.write_all(text.as_bytes()),
            };
            self.failure = result.err();
        }
    }

    /// Puts the file in its place.
    pub fn finish(self) -> io::Result<()> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        match self.out {
            Out::Special(mut out) => out.flush(),
            Out::New(out) => {
                let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
                file.persist(&self.path)?;
                Ok(())
            }
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// A file in the same folder, from where it can be renamed in one step (rename(2)).
fn beside(path: &Path, permissions: Option<Permissions>) -> io::Result<NamedTempFile> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let mut builder = Builder::new();
    builder.prefix(".synack-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As open(2) would give them; the user's umask takes off the rest.
        builder.permissions(Permissions::from_mode(0o666));
    }
    let file = builder.tempfile_in(folder.unwrap_or(Path::new(".")))?;
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions)?;
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_when_it_is_whole_and_keeps_its_permissions() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("results.csv");
        fs::write(&path, "old").expect("a file");
        let mut file = ResultFile::create(&path).expect("a place");
        file.write("new");
        assert_eq!(fs::read_to_string(&path).expect("the old file"), "old");
        file.finish().expect("a rename");
        assert_eq!(fs::read_to_string(&path).expect("the new file"), "new");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }

    #[test]
    fn a_run_that_dies_leaves_nothing_behind() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("results.csv");
        ResultFile::create(&path).expect("a place").write("half");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
    }

    #[test]
    fn a_bad_place_is_told_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(ResultFile::create(folder.path()).is_err(), "a folder");
        assert!(ResultFile::create(&folder.path().join("none/x.csv")).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_written_to_as_it_is() {
        let mut file = ResultFile::create(Path::new("/dev/null")).expect("a device");
        file.write("gone");
        file.finish().expect("nothing to rename");
        assert!(!Path::new("/dev/null").is_file());
    }
}
