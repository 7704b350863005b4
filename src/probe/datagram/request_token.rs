//! The token that identifies a request in its payload. Pure.

/// The token of a request: 48 unpredictable bits, and 16 that are unique among 65,536 consecutive requests.
pub(super) fn request_token(seed: u64, seq: u64) -> u64 {
    // The finalizer of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014) over `seq`, with a secret seed.
    let mut mixed = seed ^ seq.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    let low = seed.wrapping_add(seq) & 0xffff;
    mixed & !0xffff | low
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn tokens_are_unique_and_so_are_the_low_bits_of_65536_consecutive_ones() {
        let tokens: HashSet<_> = (0..100_000).map(|n| request_token(7, n)).collect();
        assert_eq!(tokens.len(), 100_000);
        let low: HashSet<_> = (0..65_536).map(|n| request_token(7, n) & 0xffff).collect();
        assert_eq!(low.len(), 65_536);
    }
}
