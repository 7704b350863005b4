//! BER decoder for SNMP (RFC 3417 section 8, ITU-T X.690).

use super::reader::Reader;

/// Tag of an INTEGER (X.690 section 8.3).
const INTEGER: u8 = 0x02;

/// Tag of an OCTET STRING (X.690 section 8.7).
pub(super) const OCTETS: u8 = 0x04;

/// Tag of a SEQUENCE, always constructed (X.690 section 8.9).
const SEQUENCE: u8 = 0x30;

/// Tag number in the following bytes (X.690 section 8.1.2.4). SNMP has no such tag.
const HIGH_TAG_NUMBER: u8 = 0x1f;

/// Long form: the other bits are the number of length bytes that follow (X.690 section 8.1.3.5).
const LONG_FORM: u8 = 0x80;

/// Elements not yet read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Elements<'a>(Reader<'a>);

impl<'a> Elements<'a> {
    /// The elements in `bytes`.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(Reader::new(bytes))
    }

    /// Tag and content of the next element; absent if it is longer than the rest.
    pub(super) fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let tag = self.0.u8()?;
        if tag & HIGH_TAG_NUMBER == HIGH_TAG_NUMBER {
            return None;
        }
        let length = self.length()?;
        Some((tag, self.0.take(length)?))
    }

    /// Content of the next element; absent if its tag differs.
    pub(super) fn tagged(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (found, content) = self.next()?;
        (found == tag).then_some(content)
    }

    /// The elements in the next element, a SEQUENCE.
    pub(super) fn sequence(&mut self) -> Option<Self> {
        self.tagged(SEQUENCE).map(Self::new)
    }

    /// The next element, an INTEGER of at most 32 bits (RFC 2578 section 7.1.1).
    pub(super) fn integer(&mut self) -> Option<i32> {
        let content = self.tagged(INTEGER)?;
        let (first, _) = content.split_first()?;
        let sign = if *first < 0x80 { 0 } else { -1 };
        let in_range = content.len() <= size_of::<i32>();
        in_range.then(|| {
            let digits = content.iter();
            digits.fold(sign, |value, byte| value << 8 | i32::from(*byte))
        })
    }

    /// At most four length bytes. SNMP has no indefinite form (X.690 section 8.1.3.6, RFC 3417 section 8).
    fn length(&mut self) -> Option<usize> {
        let first = self.0.u8()?;
        let count = usize::from(first & !LONG_FORM);
        if first < LONG_FORM {
            return Some(count);
        }
        let digits = self.0.take(count)?;
        let fits = (1..=4).contains(&count);
        let length = digits
            .iter()
            .fold(0, |sum, byte| sum << 8 | u32::from(*byte));
        usize::try_from(length).ok().filter(|_| fits)
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::hex;
    use super::*;

    fn integer(text: &str) -> Option<i32> {
        Elements::new(&hex(text)).integer()
    }

    #[test]
    fn integers_are_signed_and_up_to_four_bytes() {
        assert_eq!(integer("02 01 00"), Some(0));
        assert_eq!(integer("02 01 ff"), Some(-1));
        assert_eq!(integer("02 02 0080"), Some(128));
        assert_eq!(integer("02 04 7fffffff"), Some(i32::MAX));
        assert_eq!(integer("02 04 80000000"), Some(i32::MIN));
        assert_eq!(integer("02 84 00000001 05"), Some(5));
        for wrong in [
            "02 00",
            "02 05 0000000001",
            "04 01 00",
            "02 02 00",
            "02",
            "",
        ] {
            assert_eq!(integer(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_wrong_length_is_no_element() {
        for wrong in [
            "04 7f 00",
            "04 80 00 0000",
            "04 84 ffffffff 00",
            "04 85 0000000001 00",
            "04 ff 00",
            "1f 81 00 00",
        ] {
            assert_eq!(Elements::new(&hex(wrong)).next(), None, "{wrong}");
        }
    }

    #[test]
    fn a_sequence_ends_at_its_length() {
        let bytes = hex("30 03 02 01 07 04 01 61");
        let mut elements = Elements::new(&bytes);
        let mut inner = elements.sequence().expect("a sequence");
        assert_eq!((inner.integer(), inner.next()), (Some(7), None));
        assert_eq!(elements.tagged(OCTETS), Some(&b"a"[..]));
    }
}
