//! Pattern payload (token, then 0, 1, 2, ...), its echo, and replies to custom bytes.

use super::reply_text;
use super::transaction::ReplyMatch;
use crate::outcome::ReplySummary;

/// Default size of a pattern payload in bytes.
pub const DEFAULT_SIZE: usize = 32;

/// Size of the token in bytes.
pub(super) const TOKEN_SIZE: usize = size_of::<u64>();

/// The pattern behind the token, repeated.
const PATTERN: [u8; 256] = {
    let mut pattern = [0; 256];
    let mut byte = u8::MAX;
    while byte > 0 {
        pattern[byte as usize] = byte;
        byte -= 1;
    }
    pattern
};

/// Appends `size` bytes of token and pattern.
pub(super) fn encode(token: u64, size: usize, out: &mut Vec<u8>) {
    let end = out.len() + size;
    let token = token.to_be_bytes();
    out.extend_from_slice(token.get(..size).unwrap_or(&token));
    while out.len() < end {
        let left = end - out.len();
        out.extend_from_slice(PATTERN.get(..left).unwrap_or(&PATTERN));
    }
}

/// Whether these bytes are the pattern behind a token.
fn is_pattern(bytes: &[u8]) -> bool {
    let mut chunks = bytes.chunks(PATTERN.len());
    chunks.all(|chunk| PATTERN.starts_with(chunk))
}

/// Matches a reply to a pattern. Payloads shorter than the token are never verified. The whole pattern with another
/// token is an echo of another probe, possibly of another run.
pub(super) fn match_reply(token: u64, size: usize, reply: &[u8]) -> ReplyMatch {
    if let Some(summary) = match_echo(token, size, reply) {
        return ReplyMatch::Matched(summary);
    }
    let is_whole = size > TOKEN_SIZE && reply.len() == size;
    if is_whole && reply.get(TOKEN_SIZE..).is_some_and(is_pattern) {
        return ReplyMatch::Mismatch;
    }
    ReplyMatch::Unverified(ReplySummary::new(&reply_text::counted(reply.len(), "byte")))
}

/// Matches an exact echo (RFC 862) that contains the whole token.
pub(super) fn match_echo(token: u64, size: usize, reply: &[u8]) -> Option<ReplySummary> {
    let (echoed, rest) = reply.split_first_chunk::<TOKEN_SIZE>()?;
    let is_echo = reply.len() == size && *echoed == token.to_be_bytes() && is_pattern(rest);
    is_echo.then(|| ReplySummary::new("echo"))
}

/// Matches a reply to custom bytes. They are the same in every probe: never verified.
pub(super) fn match_custom(custom: &[u8], reply: &[u8]) -> ReplyMatch {
    let size = reply_text::counted(reply.len(), "byte");
    let summary = if custom == reply {
        format!("same {size}")
    } else {
        size
    };
    ReplyMatch::Unverified(ReplySummary::new(&summary))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(token: u64, size: usize) -> Vec<u8> {
        let mut pattern = Vec::new();
        encode(token, size, &mut pattern);
        pattern
    }

    #[test]
    fn the_pattern_starts_with_the_token() {
        let start = [1, 2, 3, 4, 5, 6, 7, 8, 0, 1];
        assert_eq!(pattern(0x0102_0304_0506_0708, 10), start);
        assert!(pattern(7, 0).is_empty());
        let long = pattern(7, 8 + 300);
        assert_eq!(long.len(), 8 + 300);
        assert_eq!(long.get(8 + 255..8 + 258), Some(&[255, 0, 1][..]));
    }

    #[test]
    fn only_an_echo_of_the_token_is_matched() {
        let unverified = |text| ReplyMatch::Unverified(ReplySummary::new(text));
        assert_eq!(
            match_reply(7, 8, &pattern(7, 8)),
            ReplyMatch::Matched(ReplySummary::new("echo"))
        );
        assert_eq!(match_reply(7, 7, &pattern(7, 7)), unverified("7 bytes"));
        assert_eq!(
            match_reply(7, 600, &pattern(7, 600)),
            ReplyMatch::Matched(ReplySummary::new("echo"))
        );
        let mut changed = pattern(7, 600);
        changed[599] ^= 1;
        assert_eq!(match_reply(7, 600, &changed), unverified("600 bytes"));
        assert_eq!(match_reply(7, 8, &pattern(6, 8)), unverified("8 bytes"));
        assert_eq!(match_reply(7, 8, &pattern(7, 9)), unverified("9 bytes"));
        assert_eq!(match_reply(7, 0, b""), unverified("0 bytes"));
    }

    #[test]
    fn an_echo_of_custom_bytes_is_unverified() {
        let unverified = |text| ReplyMatch::Unverified(ReplySummary::new(text));
        assert_eq!(match_custom(b"hello", b"hello"), unverified("same 5 bytes"));
        assert_eq!(match_custom(b"hello", b"!"), unverified("1 byte"));
    }
}
