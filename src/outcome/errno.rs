//! errno values by POSIX name, the same on every system.

use std::borrow::Cow;

macro_rules! errnos {
    ($($variant:ident = $name:literal: $doc:literal,)*) => {
        /// errno(3) by POSIX name.
        ///
        /// `platform/` maps the system's numbers; Windows socket errors have POSIX equivalents.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Errno {
            $(#[doc = $doc] $variant,)*
            /// Any other error, by the system's number.
            Other(i32),
        }

        impl Errno {
            /// Name as in errno(3): `EHOSTUNREACH`; `errno 123` for an unlisted one.
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
    AccessDenied = "EACCES": "A `prohibit` route, or a privileged source port.",
    AddressFamily = "EAFNOSUPPORT": "The IP version is disabled.",
    AddressInUse = "EADDRINUSE": "Local address and port in use.",
    AddressNotAvailable = "EADDRNOTAVAIL": "Not a local address, or no free source port.",
    BrokenPipe = "EPIPE": "RST after a FIN from the peer (`tcp_reset` in `net/ipv4/tcp_input.c`).",
    ConnectionAborted = "ECONNABORTED": "Connection aborted locally.",
    ConnectionRefused = "ECONNREFUSED": "RST or ICMP port-unreachable.",
    ConnectionReset = "ECONNRESET": "RST on an established connection.",
    HostUnreachable = "EHOSTUNREACH": "An `unreachable` route, or an ICMP error.",
    InvalidArgument = "EINVAL": "A `blackhole` route.",
    MessageTooLong = "EMSGSIZE": "Datagram larger than the MTU or the maximum.",
    NetworkDown = "ENETDOWN": "The interface is down.",
    NetworkUnreachable = "ENETUNREACH": "No route, or an ICMP error.",
    NoBuffers = "ENOBUFS": "No kernel buffers.",
    NoDevice = "ENODEV": "The interface does not exist.",
    NoMemory = "ENOMEM": "No kernel memory.",
    NoProtocolOption = "ENOPROTOOPT": "ICMP protocol-unreachable.",
    NotPermitted = "EPERM": "Local security policy or firewall.",
    Protocol = "EPROTO": "An ICMP error without an errno of its own.",
    TimedOut = "ETIMEDOUT": "Kernel timeout.",
    TooManyFiles = "EMFILE": "Descriptor limit of this process.",
    TooManyFilesInSystem = "ENFILE": "Descriptor limit of the system.",
}

impl Errno {
    /// Whether it means a RST after the handshake.
    pub fn is_reset(self) -> bool {
        matches!(self, Self::ConnectionReset | Self::BrokenPipe)
    }
}
