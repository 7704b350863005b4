//! Error numbers of the operating system, by name.

use std::io;

use crate::outcome::Errno;

/// The error of a failed system call.
#[cfg(unix)]
pub fn errno(error: &io::Error) -> Errno {
    let Some(number) = error.raw_os_error() else {
        return by_kind(error);
    };
    match number {
        libc::EACCES => Errno::AccessDenied,
        libc::EAFNOSUPPORT => Errno::AddressFamily,
        libc::EADDRINUSE => Errno::AddressInUse,
        libc::EADDRNOTAVAIL => Errno::AddressNotAvailable,
        libc::ECONNABORTED => Errno::ConnectionAborted,
        libc::ECONNREFUSED => Errno::ConnectionRefused,
        libc::ECONNRESET => Errno::ConnectionReset,
        libc::EPIPE => Errno::BrokenPipe,
        libc::EHOSTUNREACH => Errno::HostUnreachable,
        libc::EINVAL => Errno::InvalidArgument,
        libc::EMSGSIZE => Errno::MessageTooLong,
        libc::ENETDOWN => Errno::NetworkDown,
        libc::ENETUNREACH => Errno::NetworkUnreachable,
        libc::ENOBUFS => Errno::NoBuffers,
        libc::ENODEV => Errno::NoDevice,
        libc::ENOMEM => Errno::NoMemory,
        libc::ENOPROTOOPT => Errno::NoProtocolOption,
        libc::EPERM => Errno::NotPermitted,
        libc::EPROTO => Errno::Protocol,
        libc::ETIMEDOUT => Errno::TimedOut,
        libc::EMFILE => Errno::TooManyFiles,
        libc::ENFILE => Errno::TooManyFilesInSystem,
        other => Errno::Other(other),
    }
}

/// The error of a failed system call.
#[cfg(not(unix))]
pub fn errno(error: &io::Error) -> Errno {
    by_kind(error)
}

/// Windows socket errors have POSIX equivalents, which std maps to an `ErrorKind`.
fn by_kind(error: &io::Error) -> Errno {
    match error.kind() {
        io::ErrorKind::PermissionDenied => Errno::AccessDenied,
        io::ErrorKind::AddrInUse => Errno::AddressInUse,
        io::ErrorKind::AddrNotAvailable => Errno::AddressNotAvailable,
        io::ErrorKind::ConnectionAborted => Errno::ConnectionAborted,
        io::ErrorKind::ConnectionRefused => Errno::ConnectionRefused,
        io::ErrorKind::ConnectionReset => Errno::ConnectionReset,
        io::ErrorKind::HostUnreachable => Errno::HostUnreachable,
        io::ErrorKind::InvalidInput => Errno::InvalidArgument,
        io::ErrorKind::NetworkDown => Errno::NetworkDown,
        io::ErrorKind::NetworkUnreachable => Errno::NetworkUnreachable,
        io::ErrorKind::OutOfMemory => Errno::NoMemory,
        io::ErrorKind::TimedOut => Errno::TimedOut,
        _ => Errno::Other(error.raw_os_error().unwrap_or(0)),
    }
}
