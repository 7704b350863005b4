//! User and network namespaces, and shell commands inside them.

use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::process::{self, Command, Stdio};
use std::thread;

use nix::sched::{CloneFlags, setns, unshare};
use nix::unistd::{getegid, geteuid};

use crate::trial_error::{Context, Result, TrialError};

/// Makes this process root of a new user namespace: the trials need no root, and change nothing outside.
///
/// Call it before the first thread: the kernel refuses `CLONE_NEWUSER` to a process with threads, `unshare(2)`.
pub(crate) fn enter_user_namespace() -> Result<()> {
    let (uid, gid) = (geteuid(), getegid());
    unshare(CloneFlags::CLONE_NEWUSER).or_skip("no user namespaces")?;
    // "deny" first: without it an ordinary user may not write gid_map, user_namespaces(7).
    let maps = [
        ("setgroups", "deny".to_owned()),
        ("uid_map", format!("0 {uid} 1")),
        ("gid_map", format!("0 {gid} 1")),
    ];
    for (file, content) in maps {
        fs::write(format!("/proc/self/{file}"), content).or_skip(format!("writing {file}"))?;
    }
    Ok(())
}

/// DAD of link-local addresses takes one to two seconds. Until then a router sends no neighbour solicitations:
/// `ndisc_send_ns()` needs an address that is not tentative.
const NAMESPACE_SETUP: &str = "
    if cd /proc/sys/net/ipv6/conf/default; then echo 0 > accept_dad; fi
    ip link set lo up";

/// A network namespace; it exists while its file is open.
pub(crate) struct Namespace(File);

impl Namespace {
    /// Moves the calling thread into a new network namespace, with `lo` up.
    pub(crate) fn enter_new() -> Result<Self> {
        unshare(CloneFlags::CLONE_NEWNET).or_skip("no network namespaces")?;
        shell(NAMESPACE_SETUP)?;
        Self::current()
    }

    /// A new namespace; the calling thread stays in its own.
    pub(crate) fn new() -> Result<Self> {
        on_own_thread(Self::enter_new)
    }

    fn current() -> Result<Self> {
        // Not "self": that is the namespace of the main thread, proc(5).
        let file = File::open("/proc/thread-self/ns/net").context("opening the namespace")?;
        Ok(Self(file))
    }

    /// Runs `work` on a thread in this namespace. Sockets that it opens stay in the namespace.
    pub(crate) fn run_inside<T: Send>(&self, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        on_own_thread(|| {
            setns(&self.0, CloneFlags::CLONE_NEWNET).context("entering a namespace")?;
            work()
        })
    }

    /// Name for `ip link set ... netns`: any path with a slash.
    pub(crate) fn path(&self) -> String {
        format!("/proc/{}/fd/{}", process::id(), self.0.as_raw_fd())
    }
}

/// Runs `work` on a thread of its own, whose namespace ends with it.
pub(crate) fn on_own_thread<T: Send>(work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    let result = thread::scope(|scope| scope.spawn(work).join());
    result.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Runs a shell script in the namespace of the calling thread. It stops at the first error, and after 20 s.
pub(crate) fn shell(script: &str) -> Result<()> {
    // nft and sysctl are there; an ordinary user's path on Debian has no sbin.
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("timeout")
        .args(["20", "sh", "-euc", script])
        .env("PATH", format!("{path}:/usr/sbin:/sbin"))
        .stdin(Stdio::null())
        .output()
        .or_skip("no sh or timeout")?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    match output.status.code() {
        Some(0) => Ok(()),
        // Command not found, POSIX XCU 2.8.2.
        Some(127) => Err(TrialError::Skip(format!("a command is missing: {stderr}"))),
        _ => Err(TrialError::Fail(format!(
            "setup failed: {stderr}in:\n{script}"
        ))),
    }
}

/// Waits until every veth device of the calling thread's namespace is up and no IPv6 address is tentative.
///
/// A veth device is up once the kernel's link watch has seen its carrier (`linkwatch_do_dev()`), up to a second late;
/// until then its qdisc drops everything. `ip link set up` takes the lock that link watch holds, so link watch has
/// finished when it returns. A link-local address stays tentative until `addrconf_dad_work()` has run.
pub(crate) fn wait_until_up() -> Result<()> {
    shell(
        "for device in $(ip -o link show type veth | sed 's/^[0-9]*: //; s/@.*//'); do
             until ip link show $device | grep -q 'state UP'; do sleep 0.005; done
             ip link set $device up
         done
         while ip -6 addr show tentative | grep -q .; do sleep 0.005; done",
    )
}

/// Skips the trial where the kernel has no nftables.
pub(crate) fn require_nft() -> Result<()> {
    match shell("nft list ruleset") {
        Err(TrialError::Fail(reason)) => Err(TrialError::Skip(reason)),
        other => other,
    }
}
