//! Echo: the server returns the request (RFC 862).

use super::codec::{Codec, Matcher};
use crate::payload::pattern::{self, DEFAULT_SIZE};

pub(super) const CODEC: Codec = Codec {
    name: "echo",
    port: Some(7),
    encode: |transaction, out| pattern::encode(transaction.token, DEFAULT_SIZE, out),
    matcher: Matcher::Verified(|transaction, reply| {
        pattern::match_echo(transaction.token, DEFAULT_SIZE, reply)
    }),
    replies_from_any_port: false,
};
