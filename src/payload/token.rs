//! Transaction ids of each width, derived from a probe's token.

/// The low 16 bits, which differ among the last 65,536 probes.
pub(super) fn low16(token: u64) -> u16 {
    let [.., high, low] = token.to_be_bytes();
    u16::from_be_bytes([high, low])
}

/// The low 32 bits.
pub(super) fn low32(token: u64) -> u32 {
    let [.., a, b, c, d] = token.to_be_bytes();
    u32::from_be_bytes([a, b, c, d])
}

/// Output number `step` of `SplitMix64` (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators",
/// OOPSLA 2014), seeded with the token: further bits for protocols that need more than 64.
///
/// Different tokens give different bits. They are no secret: the same packet contains the token.
pub(super) fn splitmix64(token: u64, step: u64) -> u64 {
    let seed = token.wrapping_add((step + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let bits = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn low_bits_are_the_last_bytes() {
        assert_eq!(low16(0x0102_0304_0506_0708), 0x0708);
        assert_eq!(low32(0x0102_0304_0506_0708), 0x0506_0708);
    }

    #[test]
    fn splitmix64_matches_published_vectors() {
        // The first outputs for seed 1234567, a test vector of many libraries.
        let outputs = [0, 1].map(|step| splitmix64(1_234_567, step));
        assert_eq!(
            outputs,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]
        );
    }
}
