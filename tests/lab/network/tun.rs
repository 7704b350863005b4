//! A TUN device.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;

use crate::trial_error::{Context, Result};

pub(crate) const DEVICE_NAME: &str = "lab0";

/// Creates the device in the namespace of the calling thread. It exists while the file is open. Each read is one packet
/// that the kernel sends, each write one that it receives.
pub(crate) fn create() -> Result<File> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(libc::O_NONBLOCK)
        .open("/dev/net/tun")
        .or_skip("opening /dev/net/tun")?;
    attach(&file).or_skip("creating a TUN device")?;
    Ok(file)
}

fn attach(file: &File) -> io::Result<()> {
    let mut request = request();
    #[expect(
        unsafe_code,
        reason = "no safe wrapper for this ioctl in our dependencies"
    )]
    // SAFETY: the descriptor is open while `file` is borrowed. TUNSETIFF reads and writes exactly
    // one `ifreq`, which is what the pointer points to; it is valid, aligned and not aliased during
    // the call, and the kernel keeps no reference to it (drivers/net/tun.c).
    let result = unsafe { libc::ioctl(file.as_raw_fd(), libc::TUNSETIFF, &raw mut request) };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// Layer 3, without packet information, `Documentation/networking/tuntap.rst`.
fn request() -> libc::ifreq {
    let mut name = [0; libc::IFNAMSIZ];
    for (to, from) in name.iter_mut().zip(DEVICE_NAME.bytes()) {
        *to = libc::c_char::from_ne_bytes([from]);
    }
    let flags = i16::try_from(libc::IFF_TUN | libc::IFF_NO_PI).expect("flags of 16 bits");
    libc::ifreq {
        ifr_name: name,
        ifr_ifru: libc::__c_anonymous_ifr_ifru { ifru_flags: flags },
    }
}
