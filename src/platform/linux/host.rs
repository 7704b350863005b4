//! Facts and limits of this machine, from uname(2), /proc and getrlimit(2).

use std::fs;
use std::mem::MaybeUninit;
use std::ops::RangeInclusive;
use std::ptr;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use rustix::system::uname;

use crate::hosts::Protocol;
use crate::platform::{EphemeralPorts, HostInfo};

/// One entry for each open descriptor (proc(5)).
const DESCRIPTORS: &str = "/proc/self/fd";

/// The machine's system and name.
pub fn host() -> HostInfo {
    let names = uname();
    let name = names.nodename().to_string_lossy().into_owned();
    HostInfo {
        system: format!("Linux {}", names.release().to_string_lossy()),
        name: (name != "(none)").then_some(name),
        rtt_clock: Some("kernel"),
    }
}

/// Whether this kernel tells a socket at which router the TTL of its packet ran out: datagrams always, a connecting TCP
/// socket from 5.9 on. A kernel that does not say how old it is is taken for a new one.
pub fn reports_ttl_exceeded(protocol: Protocol) -> bool {
    // What uname(2) says can be another (setarch(8), --uname-2.6).
    let release = first_line("/proc/sys/kernel/osrelease");
    let version = release.as_deref().and_then(version);
    protocol != Protocol::Tcp || version.is_none_or(|version| version >= (5, 9))
}

/// `5.10.0-28-amd64` as 5 and 10.
fn version(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// The range of `ip_local_port_range` without `ip_local_reserved_ports` (ip(7)); the kernel uses the
/// IPv4 setting for IPv6 too. `None` where /proc does not say.
pub fn ephemeral_ports() -> Option<EphemeralPorts> {
    let range = first_line("/proc/sys/net/ipv4/ip_local_port_range")?;
    let reserved = first_line("/proc/sys/net/ipv4/ip_local_reserved_ports").unwrap_or_default();
    Some(EphemeralPorts {
        range: port_range(&range)?,
        reserved: reserved.split(',').filter_map(reserved_ports).collect(),
    })
}

/// How many descriptors this process has open now.
pub fn open_descriptors() -> Option<usize> {
    // Since Linux 6.2 that is the directory's size (fs/proc/fd.c); to list it, the kernel makes an inode for each.
    let size = fs::metadata(DESCRIPTORS).ok()?.len();
    let known = usize::try_from(size).ok().filter(|size| *size > 0);
    known.or_else(listed_descriptors)
}

fn listed_descriptors() -> Option<usize> {
    // One of them is the listing itself.
    Some(fs::read_dir(DESCRIPTORS).ok()?.count() - 1)
}

/// Raises the soft limit of open descriptors to the hard one and returns it. `None`: not known.
pub fn raise_descriptor_limit() -> Option<usize> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).ok()?;
    let raised = soft < hard && setrlimit(Resource::RLIMIT_NOFILE, hard, hard).is_ok();
    usize::try_from(if raised { hard } else { soft }).ok()
}

/// Whether this process ignores `signal`: as it was started, before anybody listens.
#[allow(unsafe_code)]
pub(super) fn ignores(signal: i32) -> bool {
    let mut known = MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: without a new action sigaction(2) changes nothing and fills `known`, unless it fails.
    let action = unsafe {
        match libc::sigaction(signal, ptr::null(), known.as_mut_ptr()) {
            0 => known.assume_init(),
            _ => return false,
        }
    };
    action.sa_sigaction == libc::SIG_IGN
}

fn first_line(path: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    Some(text.lines().next()?.trim().to_owned())
}

fn port_range(text: &str) -> Option<RangeInclusive<u16>> {
    let (low, high) = text.split_once(char::is_whitespace)?;
    Some(low.parse().ok()?..=high.trim().parse().ok()?)
}

fn reserved_ports(text: &str) -> Option<RangeInclusive<u16>> {
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    Some(low.parse().ok()?..=high.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_begins_with_its_version() {
        assert_eq!(version("5.10.0-28-amd64"), Some((5, 10)));
        assert_eq!(version("6.18.44-fc"), Some((6, 18)));
        assert_eq!(version("4.4-rc1"), Some((4, 4)));
        assert_eq!(version("unknown"), None);
    }

    #[test]
    fn ignored_signals_are_known() {
        // Every Rust program ignores SIGPIPE from its start.
        assert!(ignores(libc::SIGPIPE));
        assert!(!ignores(libc::SIGUSR2));
        assert!(!ignores(-1), "no signal at all");
    }

    #[test]
    fn descriptors_are_counted_either_way() {
        let open: Vec<_> = (0..50)
            .filter_map(|_| fs::File::open("/dev/null").ok())
            .collect();
        // Other tests open and close files meanwhile.
        for known in [open_descriptors(), listed_descriptors()] {
            assert!(known.expect("/proc") >= open.len(), "{known:?}");
        }
    }

    #[test]
    fn ranges_are_read_as_the_kernel_writes_them() {
        assert_eq!(port_range("32768\t60999"), Some(32768..=60999));
        assert_eq!(reserved_ports("8080"), Some(8080..=8080));
        assert_eq!(reserved_ports("9000-9010"), Some(9000..=9010));
        assert_eq!(reserved_ports(""), None);
    }
}
