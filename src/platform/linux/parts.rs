//! Control data, as cmsg(3) lays it out: parts, each with a header of its length, level and type. Pure.

use std::time::Duration;

/// Bytes of a part's header, `struct cmsghdr`: a `size_t` and two `int`s.
const HEADER: usize = WORD + 2 * INT;
const WORD: usize = size_of::<usize>();
const INT: usize = size_of::<i32>();

/// When the kernel received the datagram: the first of `SCM_TIMESTAMPING`'s three stamps, as the time since 1970.
pub(super) fn stamp(control: &[u8]) -> Option<Duration> {
    let stamps = find(control, libc::SOL_SOCKET, libc::SCM_TIMESTAMPING)?;
    let (seconds, rest) = stamps.split_first_chunk::<WORD>()?;
    let nanoseconds = rest.first_chunk::<WORD>()?;
    let [seconds, nanoseconds] = [*seconds, *nanoseconds].map(usize::from_ne_bytes);
    let time = Duration::new(seconds as u64, u32::try_from(nanoseconds).ok()?);
    // One that was not taken is 0.
    (!time.is_zero()).then_some(time)
}

/// The TTL or hop limit with which the datagram arrived.
pub(super) fn ttl(control: &[u8]) -> Option<u8> {
    let v4 = find(control, libc::IPPROTO_IP, libc::IP_TTL);
    let hops = v4.or_else(|| find(control, libc::IPPROTO_IPV6, libc::IPV6_HOPLIMIT))?;
    u8::try_from(i32::from_ne_bytes(*hops.first_chunk()?)).ok()
}

/// The content of the first part of this kind.
fn find(control: &[u8], level: i32, kind: i32) -> Option<&[u8]> {
    let mut rest = control;
    while let Some((header, _)) = rest.split_first_chunk::<HEADER>() {
        let (length, kinds) = header.split_first_chunk::<WORD>()?;
        let length = usize::from_ne_bytes(*length);
        let content = rest.get(HEADER..length)?;
        let (found_level, found_kind) = kinds.split_first_chunk::<INT>()?;
        let found = (*found_level, *found_kind.first_chunk::<INT>()?);
        if found == (level.to_ne_bytes(), kind.to_ne_bytes()) {
            return Some(content);
        }
        rest = rest.get(length.next_multiple_of(WORD)..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn part(level: i32, kind: i32, content: &[u8]) -> Vec<u8> {
        let mut part = (HEADER + content.len()).to_ne_bytes().to_vec();
        part.extend(level.to_ne_bytes());
        part.extend(kind.to_ne_bytes());
        part.extend(content);
        part.resize(part.len().next_multiple_of(WORD), 0);
        part
    }

    fn stamps(seconds: usize, nanoseconds: usize) -> Vec<u8> {
        let words = [seconds, nanoseconds, 0, 0, 9, 9];
        let content: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        part(libc::SOL_SOCKET, libc::SCM_TIMESTAMPING, &content)
    }

    #[test]
    fn each_part_is_found_behind_the_others() {
        let mut control = part(libc::IPPROTO_IP, libc::IP_TTL, &63_i32.to_ne_bytes());
        control.extend(stamps(5, 7));
        assert_eq!(stamp(&control), Some(Duration::new(5, 7)));
        assert_eq!(ttl(&control), Some(63));
        let v6 = part(
            libc::IPPROTO_IPV6,
            libc::IPV6_HOPLIMIT,
            &255_i32.to_ne_bytes(),
        );
        assert_eq!((ttl(&v6), stamp(&v6)), (Some(255), None));
    }

    #[test]
    fn what_was_not_taken_or_is_cut_short_is_absent() {
        assert_eq!(stamp(&stamps(0, 0)), None);
        let whole = stamps(5, 7);
        assert_eq!(stamp(&whole[..HEADER + WORD]), None);
        assert_eq!(ttl(&part(libc::IPPROTO_IP, libc::IP_TTL, &[1])), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic_or_run_for_ever(bytes in proptest::collection::vec(0_u8..40, 0..120)) {
            stamp(&bytes);
            ttl(&bytes);
        }
    }
}
