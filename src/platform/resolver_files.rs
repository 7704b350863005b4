//! Files of the system's resolver: hosts(5) and resolv.conf(5).

use std::fs;
use std::net::IpAddr;
use std::path::PathBuf;

use crate::hosts::{hosts_file, resolv_conf};

/// The addresses of `name` in the hosts file, which resolvers usually consult before DNS (nsswitch.conf(5)). `None`:
/// the file cannot be read.
pub fn hosts_file_entries(name: &str) -> Option<Vec<IpAddr>> {
    // Comments may be in another encoding.
    let bytes = fs::read(hosts_file_path()).ok()?;
    Some(hosts_file::addresses_of(
        name,
        &String::from_utf8_lossy(&bytes),
    ))
}

/// The name servers of resolv.conf(5); empty where the system configures them elsewhere.
pub fn name_servers() -> Vec<IpAddr> {
    let text = fs::read("/etc/resolv.conf").unwrap_or_default();
    resolv_conf::name_servers(&String::from_utf8_lossy(&text))
}

#[cfg(not(windows))]
fn hosts_file_path() -> PathBuf {
    PathBuf::from("/etc/hosts")
}

#[cfg(windows)]
fn hosts_file_path() -> PathBuf {
    let root = std::env::var_os("SystemRoot").unwrap_or_else(|| r"C:\Windows".into());
    PathBuf::from(root).join(r"System32\drivers\etc\hosts")
}
