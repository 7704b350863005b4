//! Which process has a socket open: its descriptors are links to `socket:[inode]` (proc(5)).

use std::collections::{HashMap, HashSet};
use std::fs::{self, DirEntry};

use crate::platform::Process;

/// Descriptors looked at before the search is given up: about a second's work.
const PATIENCE: usize = 200_000;

/// The first process of each of these sockets, in the order of /proc. This user may look into processes of their
/// own; the others' are passed over.
pub(super) fn of(mut wanted: HashSet<u64>) -> HashMap<u64, Process> {
    let mut owners = HashMap::new();
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let mut open = processes
        .flat_map(|entry| open_sockets(&entry))
        .take(PATIENCE);
    while !wanted.is_empty() {
        let Some((pid, inode)) = open.next() else {
            break;
        };
        if inode.is_some_and(|inode| wanted.remove(&inode)) {
            owners.extend(inode.zip(process(pid)));
        }
    }
    owners
}

/// Each descriptor of a process: which process, and which socket it is, if it is one.
fn open_sockets(entry: &DirEntry) -> impl Iterator<Item = (u32, Option<u64>)> + use<> {
    let pid = entry
        .file_name()
        .to_str()
        .and_then(|name| name.parse().ok());
    let descriptors = pid.and_then(|_: u32| fs::read_dir(entry.path().join("fd")).ok());
    let descriptors = descriptors.into_iter().flatten().flatten();
    descriptors.filter_map(move |descriptor| Some((pid?, socket(&descriptor))))
}

fn socket(descriptor: &DirEntry) -> Option<u64> {
    let link = fs::read_link(descriptor.path()).ok()?;
    inode(link.to_str()?)
}

fn inode(link: &str) -> Option<u64> {
    link.strip_prefix("socket:[")?
        .strip_suffix(']')?
        .parse()
        .ok()
}

/// It may have ended meanwhile.
fn process(pid: u32) -> Option<Process> {
    let name = fs::read(format!("/proc/{pid}/comm")).ok()?;
    let name = String::from_utf8_lossy(&name)
        .trim_end_matches('\n')
        .to_owned();
    Some(Process { pid, name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_are_known_by_their_links() {
        let cases = [
            ("socket:[123]", Some(123)),
            ("pipe:[123]", None),
            ("socket:[]", None),
            ("socket:[123", None),
            ("/dev/null", None),
        ];
        for (link, expected) in cases {
            assert_eq!(inode(link), expected, "{link}");
        }
    }

    #[test]
    fn a_socket_nobody_has_is_nobodys() {
        assert_eq!(of([u64::MAX].into()), HashMap::new());
    }
}
