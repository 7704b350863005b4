//! Kernel version, host name, ephemeral ports, descriptor limits: uname(2), /proc, getrlimit(2).

use std::fs;
use std::ops::RangeInclusive;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use rustix::system::uname;

use crate::hosts::Protocol;
use crate::platform::{EphemeralPorts, HostInfo};

/// Open descriptors of this process (proc(5)).
const DESCRIPTORS: &str = "/proc/self/fd";

/// Operating system and host name.
pub fn host() -> HostInfo {
    let names = uname();
    let name = names.nodename().to_string_lossy().into_owned();
    HostInfo {
        system: format!("Linux {}", names.release().to_string_lossy()),
        name: (name != "(none)").then_some(name),
        rtt_clock: Some("kernel"),
    }
}

/// Whether this kernel queues ICMP TTL exceeded for a socket: UDP and ICMP always, connecting TCP sockets since 5.9. An
/// unknown version counts as new.
pub fn reports_ttl_exceeded(protocol: Protocol) -> bool {
    // uname(2) can return a fake version (setarch(8), --uname-2.6).
    let release = first_line("/proc/sys/kernel/osrelease");
    let version = release.as_deref().and_then(version);
    protocol != Protocol::Tcp || version.is_none_or(|version| version >= (5, 9))
}

/// `5.10.0-28-amd64` as 5 and 10.
fn version(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// `ip_local_port_range` without `ip_local_reserved_ports` (ip(7)); the IPv4 setting applies to IPv6 too. `None`: /proc
/// cannot be read.
pub fn ephemeral_ports() -> Option<EphemeralPorts> {
    let range = first_line("/proc/sys/net/ipv4/ip_local_port_range")?;
    let reserved = first_line("/proc/sys/net/ipv4/ip_local_reserved_ports").unwrap_or_default();
    Some(EphemeralPorts {
        range: port_range(&range)?,
        reserved: reserved.split(',').filter_map(reserved_ports).collect(),
    })
}

/// Number of open descriptors of this process.
pub fn open_descriptors() -> Option<usize> {
    // Since Linux 6.2 the directory's size (fs/proc/fd.c), cheaper than listing: that allocates an inode for each.
    let size = fs::metadata(DESCRIPTORS).ok()?.len();
    let count = usize::try_from(size).ok().filter(|size| *size > 0);
    count.or_else(listed_descriptors)
}

fn listed_descriptors() -> Option<usize> {
    // Minus the descriptor of the listing itself.
    Some(fs::read_dir(DESCRIPTORS).ok()?.count() - 1)
}

/// Raises the soft limit of open descriptors to the hard limit and returns it. `None`: getrlimit(2) failed.
pub fn raise_descriptor_limit() -> Option<usize> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).ok()?;
    let raised = soft < hard && setrlimit(Resource::RLIMIT_NOFILE, hard, hard).is_ok();
    usize::try_from(if raised { hard } else { soft }).ok()
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
    fn version_is_parsed_from_release() {
        assert_eq!(version("5.10.0-28-amd64"), Some((5, 10)));
        assert_eq!(version("6.18.44-fc"), Some((6, 18)));
        assert_eq!(version("4.4-rc1"), Some((4, 4)));
        assert_eq!(version("unknown"), None);
    }

    #[test]
    fn both_descriptor_counts_include_open_files() {
        let open: Vec<_> = (0..50)
            .filter_map(|_| fs::File::open("/dev/null").ok())
            .collect();
        // Other tests open and close files concurrently.
        for count in [open_descriptors(), listed_descriptors()] {
            assert!(count.expect("/proc") >= open.len(), "{count:?}");
        }
    }

    #[test]
    fn port_ranges_are_parsed() {
        assert_eq!(port_range("32768\t60999"), Some(32768..=60999));
        assert_eq!(reserved_ports("8080"), Some(8080..=8080));
        assert_eq!(reserved_ports("9000-9010"), Some(9000..=9010));
        assert_eq!(reserved_ports(""), None);
    }
}
