//! How a protocol's request is encoded and its replies are recognised.

use crate::outcome::ReplySummary;
use crate::payload::transaction::Transaction;

/// Encoder and decoder of one protocol.
pub(super) struct Codec {
    /// Name for `--payload`.
    pub(super) name: &'static str,
    /// UDP port in IANA's registry of service names and port numbers (RFC 6335); absent if another codec has it.
    pub(super) port: Option<u16>,
    /// Appends the request.
    pub(super) encode: fn(&Transaction, &mut Vec<u8>),
    /// Decodes a reply.
    pub(super) matcher: Matcher,
    /// Replies may come from another port than the request went to.
    pub(super) replies_from_any_port: bool,
}

/// How replies are recognised. Absent: not a reply.
pub(super) enum Matcher {
    /// Replies repeat the token.
    Verified(fn(&Transaction, &[u8]) -> Option<ReplySummary>),
    /// Replies repeat nothing of the request.
    Unverified(fn(&[u8]) -> Option<ReplySummary>),
    /// The protocol has no replies.
    NoReply,
}
