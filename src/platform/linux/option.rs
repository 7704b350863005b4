//! Socket options without a safe wrapper: the only system calls made by hand here.

use std::io;
use std::os::fd::AsRawFd;

use socket2::Socket;

/// getsockopt(2) into raw bytes: how many the kernel wrote. It cuts what it has to say to the buffer. `None` if it
/// refuses.
#[allow(unsafe_code)]
pub(super) fn read(socket: &Socket, level: i32, name: i32, buffer: &mut [u8]) -> Option<usize> {
    let mut length = libc::socklen_t::try_from(buffer.len()).ok()?;
    // SAFETY: the descriptor is open for as long as `socket` is borrowed. The kernel writes at most
    // `length` bytes to the buffer, which is exactly that long, and any byte is a valid `u8`.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            level,
            name,
            buffer.as_mut_ptr().cast(),
            &raw mut length,
        )
    };
    (result == 0).then_some(length as usize)
}

/// setsockopt(2) with a number.
#[allow(unsafe_code)]
pub(super) fn set(socket: &Socket, level: i32, name: i32, value: i32) -> io::Result<()> {
    let length = libc::socklen_t::try_from(size_of::<i32>()).unwrap_or(0);
    // SAFETY: the descriptor is open for as long as `socket` is borrowed, and the kernel reads `length`
    // bytes from `value`, which is exactly that long and lives through the call.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            name,
            (&raw const value).cast(),
            length,
        )
    };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}
