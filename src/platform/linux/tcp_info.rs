//! `TCP_INFO`: the kernel's own record of one connection.

use std::time::Duration;

use socket2::Socket;

use super::option;

use crate::outcome::evidence::{TcpInfo, TcpState};

/// The part of `struct tcp_info` read here ends with `tcpi_total_retrans` (include/uapi/linux/tcp.h).
const LENGTH: usize = 104;

/// Reads `TCP_INFO` of a TCP socket. `None` if the kernel refuses.
pub fn tcp_info(socket: &Socket) -> Option<TcpInfo> {
    let mut buffer = [0_u8; LENGTH];
    // Raw, because the headers of older systems lack newer fields; the kernel says how much it wrote.
    let length = option::read(socket, libc::IPPROTO_TCP, libc::TCP_INFO, &mut buffer)?;
    decode(buffer.get(..length)?)
}

/// Decodes what the kernel wrote; offsets as in include/uapi/linux/tcp.h.
fn decode(bytes: &[u8]) -> Option<TcpInfo> {
    let u32_at = |offset: usize| {
        let field = bytes.get(offset..offset + 4)?;
        Some(u32::from_ne_bytes(field.try_into().ok()?))
    };
    Some(TcpInfo {
        state: state(*bytes.first()?),
        retransmits: *bytes.get(2)?,
        retrans: u32_at(36),
        rtt: u32_at(68)
            .filter(|&us| us > 0)
            .map(|us| Duration::from_micros(us.into())),
        last_ack_recv: Duration::from_millis(u32_at(56).unwrap_or(0).into()),
        total_retrans: u32_at(100),
    })
}

/// The numbers of `include/net/tcp_states.h`.
fn state(number: u8) -> TcpState {
    match number {
        1 => TcpState::Established,
        2 => TcpState::SynSent,
        7 => TcpState::Closed,
        8 => TcpState::CloseWait,
        other => TcpState::Other(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_stand_where_the_kernel_puts_them() {
        let mut bytes = [0_u8; LENGTH];
        bytes[0] = 1;
        bytes[2] = 3;
        bytes[36..40].copy_from_slice(&5_u32.to_ne_bytes());
        bytes[56..60].copy_from_slice(&250_u32.to_ne_bytes());
        bytes[68..72].copy_from_slice(&397_u32.to_ne_bytes());
        bytes[100..104].copy_from_slice(&7_u32.to_ne_bytes());
        let info = decode(&bytes).expect("a whole structure");
        assert_eq!(info.state, TcpState::Established);
        assert_eq!(info.retransmits, 3);
        assert_eq!(info.retrans, Some(5));
        assert_eq!(info.rtt, Some(Duration::from_micros(397)));
        assert_eq!(info.last_ack_recv, Duration::from_millis(250));
        assert_eq!(info.total_retrans, Some(7));
    }

    #[test]
    fn fields_beyond_the_returned_length_are_absent() {
        let info = decode(&[2; 40]).expect("the first fields");
        assert_eq!(info.state, TcpState::SynSent);
        assert_eq!(info.rtt, None);
        assert_eq!(info.total_retrans, None);
        assert_eq!(decode(&[]), None);
    }
}
