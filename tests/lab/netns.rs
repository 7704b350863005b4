//! Namespaces of our own, and commands inside them.

use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::process::{self, Command, Stdio};
use std::thread;

use nix::sched::{CloneFlags, setns, unshare};
use nix::unistd::{getegid, geteuid};

use crate::trial_error::{Context, Result, Trouble};

/// Makes this process root of a fresh user namespace, so that the trials need no real root
/// and can harm nothing outside. Must run before the first thread: the kernel refuses
/// `CLONE_NEWUSER` to a process with threads, `unshare(2)`.
pub(crate) fn become_root_of_a_new_user_namespace() -> Result<()> {
    let (uid, gid) = (geteuid(), getegid());
    unshare(CloneFlags::CLONE_NEWUSER).or_skip("no user namespaces here")?;
    // "deny" comes first: without it an ordinary user may not write gid_map, user_namespaces(7).
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

/// Duplicate address detection is switched off: it takes a second or two, during which a router
/// asks for no neighbours (`ndisc_send_ns()` needs an address that is not tentative).
const PREPARE: &str = "
    if cd /proc/sys/net/ipv6/conf/default; then echo 0 > accept_dad; fi
    ip link set lo up";

/// A network namespace, kept alive by its open file.
pub(crate) struct Namespace(File);

impl Namespace {
    /// Moves the calling thread into a fresh network namespace with the loopback device up.
    pub(crate) fn enter_new() -> Result<Self> {
        unshare(CloneFlags::CLONE_NEWNET).or_skip("no network namespaces here")?;
        shell(PREPARE)?;
        Self::current()
    }

    /// Makes a namespace and leaves the calling thread where it is.
    pub(crate) fn new() -> Result<Self> {
        apart(Self::enter_new)
    }

    fn current() -> Result<Self> {
        // "thread-self", for "self" would be the namespace of the main thread, proc(5).
        let file = File::open("/proc/thread-self/ns/net").context("opening the namespace")?;
        Ok(Self(file))
    }

    /// Runs `work` on a thread inside this namespace. Whatever it opens stays inside.
    pub(crate) fn inside<T: Send>(&self, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        apart(|| {
            setns(&self.0, CloneFlags::CLONE_NEWNET).context("entering a namespace")?;
            work()
        })
    }

    /// A name by which `ip link set ... netns` finds it; any path with a slash will do.
    pub(crate) fn path(&self) -> String {
        format!("/proc/{}/fd/{}", process::id(), self.0.as_raw_fd())
    }
}

/// Runs `work` on a thread of its own, because a thread's namespace is hard to give back.
pub(crate) fn apart<T: Send>(work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    let outcome = thread::scope(|scope| scope.spawn(work).join());
    outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Runs a shell script in the namespace of the calling thread; it stops at the first error, and
/// after twenty seconds.
pub(crate) fn shell(script: &str) -> Result<()> {
    let output = Command::new("timeout")
        .args(["20", "sh", "-euc", script])
        .stdin(Stdio::null())
        .output()
        .or_skip("no shell, or no timeout")?;
    let said = String::from_utf8_lossy(&output.stderr);
    match output.status.code() {
        Some(0) => Ok(()),
        // What the shell says of a command it cannot find, POSIX XCU 2.8.2.
        Some(127) => Err(Trouble::Skip(format!("a command is missing: {said}"))),
        _ => Err(Trouble::Fail(format!("setup failed: {said}in:\n{script}"))),
    }
}

/// Waits until the calling thread's namespace can send and receive.
///
/// A veth end is up only once the kernel's link watch, which may run up to a second late, has seen
/// its carrier (`linkwatch_do_dev()`); until then its queue drops everything. Setting it up once
/// more takes the lock that link watch holds, so what it began is finished. An IPv6 address stays
/// tentative, and is no source address, until a worker has looked at it (`addrconf_dad_work()`).
pub(crate) fn settle() -> Result<()> {
    shell(
        "for end in $(ip -o link show type veth | sed 's/^[0-9]*: //; s/@.*//'); do
             until ip link show $end | grep -q 'state UP'; do sleep 0.005; done
             ip link set $end up
         done
         while ip -6 addr show tentative | grep -q .; do sleep 0.005; done",
    )
}

/// Skips where the kernel has no nftables.
pub(crate) fn need_nft() -> Result<()> {
    match shell("nft list ruleset") {
        Err(Trouble::Fail(why)) => Err(Trouble::Skip(why)),
        other => other,
    }
}
