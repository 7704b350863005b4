//! What makes a datagram a probe's own. Pure.

/// A datagram's token: 48 bits that nobody can guess, and 16 that differ from those of its neighbours.
pub(super) fn token(seed: u64, number: u64) -> u64 {
    // The finalizer of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014) over the number; the seed is secret.
    let mut mixed = seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    let low = seed.wrapping_add(number) & 0xffff;
    mixed & !0xffff | low
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn tokens_differ_and_so_do_the_low_bits_of_neighbours() {
        let tokens: HashSet<_> = (0..100_000).map(|n| token(7, n)).collect();
        assert_eq!(tokens.len(), 100_000);
        let low: HashSet<_> = (0..65_536).map(|n| token(7, n) & 0xffff).collect();
        assert_eq!(low.len(), 65_536);
    }
}
