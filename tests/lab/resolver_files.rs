//! Name resolution of the tool: `/etc/hosts` and `/etc/resolv.conf` of the scenario.
//!
//! ```toml
//! [name_resolution]
//! hosts = ["{target} db.example"]          # lines of hosts(5)
//! resolv_conf = ["nameserver {hop1}"]      # lines of resolv.conf(5); the server: a UDP target with port 53
//!
//! [tool]
//! target_name = "db.example"               # instead of the address of the first target
//! ```

use std::fs;

use nix::sched::{CloneFlags, unshare};
use serde::Deserialize;

use crate::endpoint::Protocol;
use crate::netns;
use crate::peer::capture::CapturedPacket;
use crate::trial_error::{Context, Result};

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ResolverFiles {
    hosts: Vec<String>,
    resolv_conf: Vec<String>,
}

/// Mount point of the trial's tmpfs.
const MOUNT_POINT: &str = env!("CARGO_TARGET_TMPDIR");

/// glibc asks nscd(8) before it reads nsswitch.conf(5).
const HIDE_NSCD: &str = "if [ -d /run/nscd ]; then mount -t tmpfs lab /run/nscd; fi";

impl ResolverFiles {
    /// Moves the calling thread, and its children, into a mount namespace with these files. The mounts are invisible
    /// outside: the namespace belongs to another user namespace, `mount_namespaces(7)`.
    pub(crate) fn mount(&self) -> Result<()> {
        unshare(CloneFlags::CLONE_NEWNS).or_skip("no mount namespaces")?;
        netns::shell(&format!("mount -t tmpfs lab '{MOUNT_POINT}'\n{HIDE_NSCD}"))
            .or_skip("mounting a file system")?;
        bind_over("hosts", &self.hosts.join("\n"))?;
        bind_over("resolv.conf", &self.resolv_conf.join("\n"))?;
        bind_over("nsswitch.conf", "hosts: files dns")
    }

    /// Whether the packet is a query of the resolver, and no probe.
    pub(crate) fn is_query(&self, packet: &CapturedPacket) -> bool {
        let header = packet.header;
        let server = format!("nameserver {}", packet.destination);
        (header.protocol, header.destination_port) == (Protocol::Udp, 53)
            && self.resolv_conf.contains(&server)
    }
}

fn bind_over(name: &str, content: &str) -> Result<()> {
    let path = format!("{MOUNT_POINT}/{name}");
    fs::write(&path, format!("{content}\n")).context(&path)?;
    netns::shell(&format!("mount --bind '{path}' /etc/{name}")).or_skip("mounting a file")
}
