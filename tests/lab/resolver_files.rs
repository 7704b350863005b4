//! The names that the tool knows: files of the scenario's own in place of this machine's.
//!
//! ```toml
//! [names]
//! hosts = ["{target} db.example"]      # lines of hosts(5)
//! resolver = ["nameserver {hop1}"]     # lines of resolv.conf(5): a target with `protocol = "udp"` and `port = 53`
//!
//! [tool]
//! name = "db.example"                  # what is asked about, in place of the first target's address
//! ```

use std::fs;

use nix::sched::{CloneFlags, unshare};
use serde::Deserialize;

use crate::endpoint::Protocol;
use crate::netns;
use crate::peer::Crossing;
use crate::trial_error::{Context, Result};

/// What a scenario says of names.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Names {
    hosts: Vec<String>,
    resolver: Vec<String>,
}

/// Where every trial mounts a file system of its own, for its files.
const FOLDER: &str = env!("CARGO_TARGET_TMPDIR");

/// This machine's services would know other names: nsswitch.conf(5) may lead to them, and glibc asks nscd(8) first.
const NO_SERVICES: &str = "if [ -d /run/nscd ]; then mount -t tmpfs lab /run/nscd; fi";

impl Names {
    /// Moves the calling thread, and what it starts, into a mount namespace with these files. Nothing that is mounted
    /// there is seen outside: a user namespace of our own has it, `mount_namespaces(7)`.
    pub(crate) fn enter(&self) -> Result<()> {
        unshare(CloneFlags::CLONE_NEWNS).or_skip("no mount namespaces here")?;
        netns::shell(&format!("mount -t tmpfs lab '{FOLDER}'\n{NO_SERVICES}"))
            .or_skip("mounting a file system")?;
        cover("hosts", &self.hosts.join("\n"))?;
        cover("resolv.conf", &self.resolver.join("\n"))?;
        cover("nsswitch.conf", "hosts: files dns")
    }

    /// Whether that packet asks for a name, which is the resolver's doing and none of the tool's probes.
    pub(crate) fn asks(&self, crossing: &Crossing) -> bool {
        let packet = crossing.packet;
        let server = format!("nameserver {}", crossing.to);
        (packet.protocol, packet.port) == (Protocol::Udp, 53) && self.resolver.contains(&server)
    }
}

fn cover(file: &str, content: &str) -> Result<()> {
    let ours = format!("{FOLDER}/{file}");
    fs::write(&ours, format!("{content}\n")).context(&ours)?;
    netns::shell(&format!("mount --bind '{ours}' /etc/{file}")).or_skip("mounting a file")
}
