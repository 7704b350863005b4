//! What only Windows can say.

use std::os::windows::io::AsRawSocket;

use socket2::Socket;
use windows_sys::Win32::Networking::WinSock::{SO_CONNECT_TIME, SOCKET, SOL_SOCKET, getsockopt};

/// Value of `SO_CONNECT_TIME` while a socket is not connected.
const NOT_CONNECTED: u32 = u32::MAX;

/// Whether the handshake has completed. `getpeername` is no proof: it succeeds while connect() is pending (under Wine 10;
/// reported of Windows, too). `SO_CONNECT_TIME` is the age of the connection in seconds ("`SOL_SOCKET` Socket Options" of
/// the Winsock reference).
#[allow(unsafe_code)]
pub(super) fn is_connected(socket: &Socket) -> bool {
    let mut seconds = NOT_CONNECTED;
    let mut length = i32::try_from(size_of::<u32>()).unwrap_or(0);
    // SAFETY: the socket is open as long as it is borrowed; value and length are valid for writes during the call, and the
    // length is that of the value.
    let result = unsafe {
        getsockopt(
            socket.as_raw_socket() as SOCKET,
            SOL_SOCKET,
            SO_CONNECT_TIME,
            (&raw mut seconds).cast(),
            &raw mut length,
        )
    };
    result == 0 && seconds != NOT_CONNECTED
}
