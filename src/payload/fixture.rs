//! Transactions and sample replies for tests.

use std::ops::Range;

use proptest::prelude::*;

use super::{Payload, Transaction, parse_hex};

/// A valid reply.
pub(super) struct Example {
    pub(super) bytes: Vec<u8>,
    /// Where it repeats the token.
    pub(super) proofs: Vec<Range<usize>>,
}

impl Example {
    /// A reply that repeats the token in `proof`.
    pub(super) fn new(bytes: Vec<u8>, proof: Range<usize>) -> Self {
        let proofs = vec![proof];
        Self { bytes, proofs }
    }

    /// Adds another range.
    pub(super) fn and(mut self, proof: Range<usize>) -> Self {
        self.proofs.push(proof);
        self
    }
}

/// Bytes from hexadecimal digits with any white space.
pub(super) fn hex(text: &str) -> Vec<u8> {
    let digits: String = text.split_whitespace().collect();
    parse_hex(&digits).expect("hexadecimal")
}

pub(super) const TOKEN: u64 = 0x0123_4567_89ab_cdef;

pub(super) fn transaction(token: u64) -> Transaction {
    Transaction {
        token,
        local: "192.0.2.9:40000".parse().expect("an address"),
        target: "192.0.2.1:5060".parse().expect("an address"),
    }
}

pub(super) fn request(payload: &Payload, token: u64) -> Vec<u8> {
    let mut out = Vec::new();
    payload.encode(&transaction(token), &mut out);
    out
}

/// Tokens of two probes: their low 16 bits differ.
pub(super) fn two_tokens() -> impl Strategy<Value = (u64, u64)> {
    (any::<u64>(), any::<u64>(), 1..=u16::MAX)
        .prop_map(|(one, other, low)| (one, (other & !0xffff) | ((one ^ u64::from(low)) & 0xffff)))
}
