//! `HdrHistogram` V2 compressed encoding, read by `HdrHistogram` implementations in every language.

use hdrhistogram::serialization::{Serializer, V2DeflateSerializer, V2Serializer};
use hdrhistogram::{Counter, Histogram};

/// First word of the compressed form: `V2CompressedEncodingCookieBase` of `HdrHistogram` with the flag for
/// variable-length counts.
const COOKIE: u32 = 0x1c84_9314;

/// Up to this size in bytes the zlib stream is stored, not compressed.
///
/// A run may have two such histograms for each of 10,000 targets. A compressor takes 12 us or more to set up, a stored
/// block under 1.5 us. flate2 sets up its compressor even at level 0: the JSON summary of 10,000 targets took 0.50 s
/// with that, 0.43 s with one compressor reused, 0.28 s so.
const MAX_STORED: usize = 512;

/// The V2 compressed encoding of a histogram.
pub(super) fn encode<C: Counter>(histogram: &Histogram<C>) -> Option<Vec<u8>> {
    let mut uncompressed = Vec::new();
    let mut serializer = V2Serializer::new();
    serializer.serialize(histogram, &mut uncompressed).ok()?;
    if let Some(zlib) = zlib_stored(&uncompressed) {
        let length = u32::try_from(zlib.len()).ok()?;
        return Some([&COOKIE.to_be_bytes()[..], &length.to_be_bytes(), &zlib].concat());
    }
    let mut compressed = Vec::new();
    let mut serializer = V2DeflateSerializer::new();
    serializer.serialize(histogram, &mut compressed).ok()?;
    Some(compressed)
}

/// A zlib stream (RFC 1950) of one stored block (RFC 1951 section 3.2.4); absent above [`MAX_STORED`] bytes.
fn zlib_stored(bytes: &[u8]) -> Option<Vec<u8>> {
    let length = u16::try_from(bytes.len()).ok()?;
    let length = Some(length).filter(|_| bytes.len() <= MAX_STORED)?;
    // CMF and FLG (RFC 1950 section 2.2), then BFINAL 1 and BTYPE 00.
    let mut zlib = vec![0x78, 0x01, 0x01];
    zlib.extend(length.to_le_bytes());
    zlib.extend((!length).to_le_bytes());
    zlib.extend(bytes);
    zlib.extend(adler2::adler32_slice(bytes).to_be_bytes());
    Some(zlib)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hdrhistogram::serialization::Deserializer;

    #[test]
    fn stored_and_compressed_histograms_are_read_back() {
        for count in [1_u64, 5, 50, 5000] {
            let mut histogram = Histogram::<u64>::new(3).expect("3 digits");
            for value in 1..=count {
                histogram.record(value * value).expect("auto-resize");
            }
            let bytes = encode(&histogram).expect("a histogram");
            let read: Histogram<u64> = Deserializer::new()
                .deserialize(&mut bytes.as_slice())
                .expect("the compressed form");
            assert_eq!(read, histogram);
            let is_stored = bytes[10] == 0x01;
            assert_eq!(is_stored, count < 5000, "{count}");
        }
    }
}
