//! The process that has a socket open: /proc/PID/fd links to `socket:[inode]` (proc(5)).

use std::collections::{HashMap, HashSet};
use std::fs::{self, DirEntry};

use crate::platform::Process;

/// Most descriptors examined: about a second.
const MAX_DESCRIPTORS: usize = 200_000;

/// The first process of each of these sockets, in the order of /proc. Processes without permission (other users') are
/// skipped.
pub(super) fn processes(mut wanted: HashSet<u64>) -> HashMap<u64, Process> {
    let mut owners = HashMap::new();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let mut open = entries
        .flat_map(|entry| open_sockets(&entry))
        .take(MAX_DESCRIPTORS);
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

/// PID and socket inode of each descriptor of a process; without inode if it is no socket.
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

/// `None`: it has exited.
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
    fn inode_is_parsed_from_link() {
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
    fn unknown_inode_has_no_process() {
        assert_eq!(processes([u64::MAX].into()), HashMap::new());
    }
}
