//! `TCP_INFO` (tcp(7)).

use std::time::Duration;

use socket2::Socket;

use super::sockopt;

use crate::outcome::evidence::{TcpInfo, TcpState};

/// Length of `struct tcp_info` up to `tcpi_total_retrans`, the last field used (include/uapi/linux/tcp.h).
const LENGTH: usize = 104;

/// Reads `TCP_INFO` of a TCP socket. `None`: getsockopt(2) failed.
pub fn tcp_info(socket: &Socket) -> Option<TcpInfo> {
    let mut buffer = [0_u8; LENGTH];
    // Raw bytes: older kernels write fewer fields, older headers declare fewer.
    let length = sockopt::get(socket, libc::IPPROTO_TCP, libc::TCP_INFO, &mut buffer)?;
    decode(buffer.get(..length)?)
}

/// Decodes `struct tcp_info`; offsets as in include/uapi/linux/tcp.h.
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

/// The values of `include/net/tcp_states.h`.
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
    fn fields_are_decoded_at_kernel_offsets() {
        let mut bytes = [0_u8; LENGTH];
        bytes[0] = 1;
        bytes[2] = 3;
        bytes[36..40].copy_from_slice(&5_u32.to_ne_bytes());
        bytes[56..60].copy_from_slice(&250_u32.to_ne_bytes());
        bytes[68..72].copy_from_slice(&397_u32.to_ne_bytes());
        bytes[100..104].copy_from_slice(&7_u32.to_ne_bytes());
        let info = decode(&bytes).expect("a complete structure");
        assert_eq!(info.state, TcpState::Established);
        assert_eq!(info.retransmits, 3);
        assert_eq!(info.retrans, Some(5));
        assert_eq!(info.rtt, Some(Duration::from_micros(397)));
        assert_eq!(info.last_ack_recv, Duration::from_millis(250));
        assert_eq!(info.total_retrans, Some(7));
    }

    #[test]
    fn fields_beyond_returned_length_are_absent() {
        let info = decode(&[2; 40]).expect("the first fields");
        assert_eq!(info.state, TcpState::SynSent);
        assert_eq!(info.rtt, None);
        assert_eq!(info.total_retrans, None);
        assert_eq!(decode(&[]), None);
    }
}
