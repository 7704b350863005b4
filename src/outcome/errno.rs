//! System errors by name, the same on every system.

use std::borrow::Cow;

macro_rules! errnos {
    ($($variant:ident = $name:literal: $doc:literal,)*) => {
        /// What a system call said when it failed, by its POSIX name.
        ///
        /// `platform/` translates the system's numbers; Windows' socket errors have POSIX twins.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Errno {
            $(#[doc = $doc] $variant,)*
            /// Any other error, by the system's own number.
            Other(i32),
        }

        impl Errno {
            /// The name in errno(3), such as `EHOSTUNREACH`; `errno 123` for one not listed here.
            pub fn name(self) -> Cow<'static, str> {
                match self {
                    $(Self::$variant => Cow::Borrowed($name),)*
                    Self::Other(code) => Cow::Owned(format!("errno {code}")),
                }
            }
        }
    };
}

errnos! {
    AccessDenied = "EACCES": "A `prohibit` route, or a local port that this user may not have.",
    AddressFamily = "EAFNOSUPPORT": "This system has that IP version switched off.",
    AddressInUse = "EADDRINUSE": "The local address and port are taken.",
    AddressNotAvailable = "EADDRNOTAVAIL": "Not an address of this machine, or no free local port.",
    BrokenPipe = "EPIPE": "A RST on a connection that the other side had closed (`tcp_reset` in `net/ipv4/tcp_input.c`).",
    ConnectionAborted = "ECONNABORTED": "The connection was given up by this system.",
    ConnectionRefused = "ECONNREFUSED": "A RST, or an ICMP port-unreachable.",
    ConnectionReset = "ECONNRESET": "A RST on a connection that stood.",
    HostUnreachable = "EHOSTUNREACH": "An `unreachable` route or an ICMP error.",
    InvalidArgument = "EINVAL": "A `blackhole` route.",
    MessageTooLong = "EMSGSIZE": "The datagram is too large to be sent whole.",
    NetworkDown = "ENETDOWN": "The interface is down.",
    NetworkUnreachable = "ENETUNREACH": "No route, or an ICMP error.",
    NoBuffers = "ENOBUFS": "The kernel has no buffer left.",
    NoDevice = "ENODEV": "The interface does not exist.",
    NoMemory = "ENOMEM": "No memory left.",
    NoProtocolOption = "ENOPROTOOPT": "ICMP protocol-unreachable.",
    NotPermitted = "EPERM": "A security policy of this machine.",
    Protocol = "EPROTO": "An ICMP error without an errno of its own.",
    TimedOut = "ETIMEDOUT": "The system gave up by itself.",
    TooManyFiles = "EMFILE": "This process has no file descriptor left.",
    TooManyFilesInSystem = "ENFILE": "The system has no file descriptor left.",
}

impl Errno {
    /// Whether a RST on a connection that stood, or that the other side had closed, reads like this.
    pub fn is_reset(self) -> bool {
        matches!(self, Self::ConnectionReset | Self::BrokenPipe)
    }
}
