//! `HdrHistogram`'s V2 compressed form, as its readers in every language take it.

use hdrhistogram::serialization::{Serializer, V2DeflateSerializer, V2Serializer};
use hdrhistogram::{Counter, Histogram};

/// What begins the compressed form (`V2CompressedEncodingCookieBase` of `HdrHistogram`, with its bit for variable length).
const COOKIE: u32 = 0x1c84_9314;

/// Up to this many bytes a histogram is stored as it is, which is valid zlib, too: to set up a compressor takes a
/// hundred times longer than it saves there, and a run may have two such histograms for each of 10,000 targets.
const STORED: usize = 512;

/// A histogram in its compressed form.
pub(super) fn encode<C: Counter>(histogram: &Histogram<C>) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    V2Serializer::new().serialize(histogram, &mut plain).ok()?;
    if let Some(zlib) = stored(&plain) {
        let length = u32::try_from(zlib.len()).ok()?;
        let parts = [&COOKIE.to_be_bytes()[..], &length.to_be_bytes(), &zlib];
        return Some(parts.concat());
    }
    let mut bytes = Vec::new();
    let mut serializer = V2DeflateSerializer::new();
    serializer.serialize(histogram, &mut bytes).ok()?;
    Some(bytes)
}

/// A few bytes as zlib (RFC 1950) with one stored block (RFC 1951 section 3.2.4); `None` for more.
fn stored(bytes: &[u8]) -> Option<Vec<u8>> {
    let length = u16::try_from(bytes.len()).ok()?;
    let length = Some(length).filter(|_| bytes.len() <= STORED)?;
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
    fn few_values_and_many_are_read_back() {
        for count in [1_u64, 5, 50, 5000] {
            let mut histogram = Histogram::<u64>::new(3).expect("3 digits");
            for value in 1..=count {
                histogram.record(value * value).expect("it grows");
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
