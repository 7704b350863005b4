//! Control messages of recvmsg(2), cmsg(3): kernel timestamps (`SCM_TIMESTAMPING`), TTL and hop limit.

use std::time::Duration;

use nix::cmsg_space;
use nix::sys::socket::{ControlMessageOwned, Timestamps};

/// Size of `struct cmsghdr`: a `size_t` and two `int`s.
const HEADER: usize = WORD + 2 * INT;
const WORD: usize = size_of::<usize>();
const INT: usize = size_of::<i32>();

/// Buffer for the control messages of one error queue entry, for reuse.
#[derive(Debug)]
pub struct CmsgBuffer(pub(super) Vec<u8>);

impl Default for CmsgBuffer {
    fn default() -> Self {
        Self(cmsg_space!(
            libc::sock_extended_err,
            libc::sockaddr_in6,
            Timestamps,
            i32,
            i32
        ))
    }
}

/// The software timestamp (`SCM_TIMESTAMPING`) as time since 1970, among decoded messages.
pub(super) fn timestamp(messages: &[ControlMessageOwned]) -> Option<Duration> {
    messages.iter().find_map(|message| match message {
        ControlMessageOwned::ScmTimestampsns(stamps) => taken(stamps.system.into()),
        _ => None,
    })
}

/// The software timestamp as time since 1970, in raw control data: the first of `SCM_TIMESTAMPING`'s three.
pub(super) fn raw_timestamp(control: &[u8]) -> Option<Duration> {
    let stamps = find(control, libc::SOL_SOCKET, libc::SCM_TIMESTAMPING)?;
    let (seconds, rest) = stamps.split_first_chunk::<WORD>()?;
    let nanoseconds = rest.first_chunk::<WORD>()?;
    let [seconds, nanoseconds] = [*seconds, *nanoseconds].map(usize::from_ne_bytes);
    taken(Duration::new(
        seconds as u64,
        u32::try_from(nanoseconds).ok()?,
    ))
}

/// A timestamp that was not taken is 0.
fn taken(timestamp: Duration) -> Option<Duration> {
    (!timestamp.is_zero()).then_some(timestamp)
}

/// TTL or hop limit on arrival (`IP_TTL`, `IPV6_HOPLIMIT`).
pub(super) fn ttl(control: &[u8]) -> Option<u8> {
    let v4 = find(control, libc::IPPROTO_IP, libc::IP_TTL);
    let value = v4.or_else(|| find(control, libc::IPPROTO_IPV6, libc::IPV6_HOPLIMIT));
    byte(value?)
}

/// Hop limit in the control data of `IPV6_2292PKTOPTIONS`.
pub(super) fn hop_limit(control: &[u8]) -> Option<u8> {
    let current = find(control, libc::IPPROTO_IPV6, libc::IPV6_HOPLIMIT);
    let value = current.or_else(|| find(control, libc::IPPROTO_IPV6, libc::IPV6_2292HOPLIMIT));
    byte(value?)
}

/// An `int` from 0 to 255.
fn byte(value: &[u8]) -> Option<u8> {
    u8::try_from(i32::from_ne_bytes(*value.first_chunk()?)).ok()
}

/// Data of the first message with this level and type.
fn find(control: &[u8], level: i32, kind: i32) -> Option<&[u8]> {
    let mut rest = control;
    while let Some((header, _)) = rest.split_first_chunk::<HEADER>() {
        let (length, kinds) = header.split_first_chunk::<WORD>()?;
        let length = usize::from_ne_bytes(*length);
        let data = rest.get(HEADER..length)?;
        let (found_level, found_kind) = kinds.split_first_chunk::<INT>()?;
        let found = (*found_level, *found_kind.first_chunk::<INT>()?);
        if found == (level.to_ne_bytes(), kind.to_ne_bytes()) {
            return Some(data);
        }
        rest = rest.get(length.next_multiple_of(WORD)..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cmsg(level: i32, kind: i32, data: &[u8]) -> Vec<u8> {
        let mut cmsg = (HEADER + data.len()).to_ne_bytes().to_vec();
        cmsg.extend(level.to_ne_bytes());
        cmsg.extend(kind.to_ne_bytes());
        cmsg.extend(data);
        cmsg.resize(cmsg.len().next_multiple_of(WORD), 0);
        cmsg
    }

    fn timestamps(seconds: usize, nanoseconds: usize) -> Vec<u8> {
        let words = [seconds, nanoseconds, 0, 0, 9, 9];
        let data: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        cmsg(libc::SOL_SOCKET, libc::SCM_TIMESTAMPING, &data)
    }

    #[test]
    fn timestamp_and_ttl_are_found_in_any_order() {
        let mut control = cmsg(libc::IPPROTO_IP, libc::IP_TTL, &63_i32.to_ne_bytes());
        control.extend(timestamps(5, 7));
        assert_eq!(raw_timestamp(&control), Some(Duration::new(5, 7)));
        assert_eq!(ttl(&control), Some(63));
        let v6 = cmsg(
            libc::IPPROTO_IPV6,
            libc::IPV6_HOPLIMIT,
            &255_i32.to_ne_bytes(),
        );
        assert_eq!((ttl(&v6), raw_timestamp(&v6)), (Some(255), None));
    }

    #[test]
    fn zero_timestamp_and_truncated_data_are_absent() {
        assert_eq!(raw_timestamp(&timestamps(0, 0)), None);
        let complete = timestamps(5, 7);
        assert_eq!(raw_timestamp(&complete[..HEADER + WORD]), None);
        assert_eq!(ttl(&cmsg(libc::IPPROTO_IP, libc::IP_TTL, &[1])), None);
    }

    #[test]
    fn hop_limit_is_ipv6_only() {
        let value = 64_i32.to_ne_bytes();
        for kind in [libc::IPV6_HOPLIMIT, libc::IPV6_2292HOPLIMIT] {
            let control = cmsg(libc::IPPROTO_IPV6, kind, &value);
            assert_eq!(hop_limit(&control), Some(64));
        }
        assert_eq!(hop_limit(&[]), None);
        // What an IPv4 socket returns.
        assert_eq!(
            hop_limit(&cmsg(libc::IPPROTO_IP, libc::IP_TTL, &value)),
            None
        );
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic_or_loop(bytes in proptest::collection::vec(0_u8..40, 0..120)) {
            raw_timestamp(&bytes);
            ttl(&bytes);
            hop_limit(&bytes);
        }
    }
}
