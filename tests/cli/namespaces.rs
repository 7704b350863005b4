//! Runs of the command in namespaces: with another hosts file, or with an unreachable name server.

use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// The command with `hosts` mounted over /etc/hosts; `None` where mount namespaces are not allowed.
pub(crate) fn with_hosts_file(hosts: &Path, arguments: &[&str]) -> Option<Command> {
    let hosts = hosts.to_str().expect("a path in UTF-8");
    let unshare = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-c"]);
        command.args([script, hosts]).stdin(Stdio::null());
        command
    };
    let mount = "mount --bind \"$0\" /etc/hosts";
    if !is_allowed(&mut unshare(mount)) {
        return skip("mount namespaces");
    }
    let mut command = unshare(&format!("{mount} && exec \"$@\""));
    command.arg(env!("CARGO_BIN_EXE_synack")).args(arguments);
    Some(command)
}

/// The command in a network namespace whose name server never replies; `None` where namespaces are not allowed.
pub(crate) fn with_unreachable_name_server(
    arguments: &str,
) -> Option<(tempfile::TempDir, Command)> {
    let setup = "printf 'nameserver 192.0.2.1\\noptions timeout:2 attempts:1\\n' > \"$0\" \
        && printf 'hosts: files dns\\n' > \"$0.nsswitch\" \
        && mount --bind \"$0\" /etc/resolv.conf && mount --bind \"$0.nsswitch\" /etc/nsswitch.conf \
        && ip link set lo up && ip link add lab0 type veth peer name lab1 && ip link set lab1 up \
        && ip link set lab0 arp off up && ip address add 192.0.2.2/24 dev lab0";
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("resolv.conf");
    let file = file.to_str().expect("a path in UTF-8");
    let unshare = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "--net", "sh", "-c"]);
        command.args([script, file]).stdin(Stdio::null());
        command
    };
    if !is_allowed(&mut unshare(setup)) {
        return skip("network namespaces");
    }
    let binary = env!("CARGO_BIN_EXE_synack");
    let command = unshare(&format!("{setup} && exec {binary} {arguments}"));
    Some((folder, command))
}

fn is_allowed(command: &mut Command) -> bool {
    let output = command.output();
    output.is_ok_and(|output| output.status.success())
}

/// Under CI a skip is a failure.
fn skip<T>(requirement: &str) -> Option<T> {
    assert!(std::env::var("CI").is_err(), "no {requirement}");
    let _ = writeln!(io::stderr(), "SKIP: no {requirement}");
    None
}
