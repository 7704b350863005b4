//! Bytes that mean nothing, the user's own bytes, and the echo protocol.

use super::{ReplyMatch, words};
use crate::outcome::ReplySummary;

/// How many bytes a token takes.
const TOKEN_SIZE: usize = size_of::<u64>();

/// What stands behind the token, again and again: 0, 1, 2 and so on.
const PATTERN: [u8; 256] = {
    let mut pattern = [0; 256];
    let mut byte = u8::MAX;
    while byte > 0 {
        pattern[byte as usize] = byte;
        byte -= 1;
    }
    pattern
};

/// Appends the token, then 0, 1, 2 and so on; `size` bytes of it.
pub(super) fn write(token: u64, size: usize, out: &mut Vec<u8>) {
    let end = out.len() + size;
    let token = token.to_be_bytes();
    out.extend_from_slice(token.get(..size).unwrap_or(&token));
    while out.len() < end {
        let left = end - out.len();
        out.extend_from_slice(PATTERN.get(..left).unwrap_or(&PATTERN));
    }
}

/// Whether these bytes are what stands behind a token.
fn is_pattern(bytes: &[u8]) -> bool {
    let mut pieces = bytes.chunks(PATTERN.len());
    pieces.all(|piece| PATTERN.starts_with(piece))
}

/// Judges an answer to plain bytes. Fewer of them than a token has prove nothing, even if they come back. What
/// has the whole pattern but another token is the echo of another probe, which may be of another run.
pub(super) fn classify(token: u64, size: usize, answer: &[u8]) -> ReplyMatch {
    if let Some(said) = read_echo(token, size, answer) {
        return ReplyMatch::Matched(said);
    }
    let is_whole = size > TOKEN_SIZE && answer.len() == size;
    if is_whole && answer.get(TOKEN_SIZE..).is_some_and(is_pattern) {
        return ReplyMatch::Mismatch;
    }
    ReplyMatch::Unverified(ReplySummary::new(&words::counted(answer.len(), "byte")))
}

/// What an exact echo is (RFC 862); nothing if it is not one that proves itself.
pub(super) fn read_echo(token: u64, size: usize, answer: &[u8]) -> Option<ReplySummary> {
    let (repeated, rest) = answer.split_first_chunk::<TOKEN_SIZE>()?;
    let echo = answer.len() == size && *repeated == token.to_be_bytes() && is_pattern(rest);
    echo.then(|| ReplySummary::new("echo"))
}

/// Judges an answer to the user's own bytes. They are the same in every probe, so nothing is proven.
pub(super) fn judge_own(own: &[u8], answer: &[u8]) -> ReplyMatch {
    let size = words::counted(answer.len(), "byte");
    let said = if own == answer {
        format!("same {size}")
    } else {
        size
    };
    ReplyMatch::Unverified(ReplySummary::new(&said))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(token: u64, size: usize) -> Vec<u8> {
        let mut made = Vec::new();
        write(token, size, &mut made);
        made
    }

    #[test]
    fn the_pattern_starts_with_the_token() {
        let start = [1, 2, 3, 4, 5, 6, 7, 8, 0, 1];
        assert_eq!(made(0x0102_0304_0506_0708, 10), start);
        assert!(made(7, 0).is_empty());
        let long = made(7, 8 + 300);
        assert_eq!(long.len(), 8 + 300);
        assert_eq!(long.get(8 + 255..8 + 258), Some(&[255, 0, 1][..]));
    }

    #[test]
    fn only_an_echo_with_the_token_in_it_is_proven() {
        let unproven = |text| ReplyMatch::Unverified(ReplySummary::new(text));
        assert_eq!(
            classify(7, 8, &made(7, 8)),
            ReplyMatch::Matched(ReplySummary::new("echo"))
        );
        assert_eq!(classify(7, 7, &made(7, 7)), unproven("7 bytes"));
        assert_eq!(
            classify(7, 600, &made(7, 600)),
            ReplyMatch::Matched(ReplySummary::new("echo"))
        );
        let mut changed = made(7, 600);
        changed[599] ^= 1;
        assert_eq!(classify(7, 600, &changed), unproven("600 bytes"));
        assert_eq!(classify(7, 8, &made(6, 8)), unproven("8 bytes"));
        assert_eq!(classify(7, 8, &made(7, 9)), unproven("9 bytes"));
        assert_eq!(classify(7, 0, b""), unproven("0 bytes"));
    }

    #[test]
    fn own_bytes_that_come_back_are_named() {
        let unproven = |text| ReplyMatch::Unverified(ReplySummary::new(text));
        assert_eq!(judge_own(b"hello", b"hello"), unproven("same 5 bytes"));
        assert_eq!(judge_own(b"hello", b"!"), unproven("1 byte"));
    }
}
