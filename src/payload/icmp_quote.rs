//! Matches the packet quoted by an ICMP error with a request.

/// Payload quoted before any extension: 128 bytes less the IPv6 and UDP headers (RFC 4884 section 4).
const MIN_QUOTE_BEFORE_EXTENSION: usize = 80;

/// The quote before an extension is a multiple of this many bytes (RFC 4884 section 4).
const EXTENSION_ALIGNMENT: usize = 4;

/// First bytes of an extension: version 2, reserved bits (RFC 4884 section 7).
const EXTENSION_HEADER: [u8; 2] = [0x20, 0x00];

/// Maximum length of an extension object: a label stack, an interface with its name (RFC 4950, RFC 5837).
const MAX_OBJECT_LENGTH: u16 = 128;

/// Whether `quoted` is the beginning of `request`.
///
/// An ICMP error quotes at least 8 bytes behind the IP header, which is the UDP header (RFC 792), usually as much as
/// fits (RFC 1812 section 4.3.2.3, RFC 4443 section 2.4): an empty quote matches any request. Zero padding may follow
/// the whole request, and an extension 128 or more bytes of the packet (RFC 4884 sections 4 and 5).
pub(super) fn matches(request: &[u8], quoted: &[u8]) -> bool {
    let common = request
        .iter()
        .zip(quoted)
        .take_while(|(a, b)| a == b)
        .count();
    let ends = (MIN_QUOTE_BEFORE_EXTENSION..=common).step_by(EXTENSION_ALIGNMENT);
    let is_extended = || ends.filter_map(|end| quoted.get(end..)).any(is_extension);
    common == request.len() || common == quoted.len() || is_extended()
}

/// Whether `bytes` begin with an extension header, its checksum, and an object header: length including its own 4
/// bytes, class (RFC 4884 sections 7 and 8).
fn is_extension(bytes: &[u8]) -> bool {
    match *bytes {
        [a, b, _, _, high, low, class, _, ..] if [a, b] == EXTENSION_HEADER => {
            let length = u16::from_be_bytes([high, low]);
            (4..=MAX_OBJECT_LENGTH).contains(&length)
                && length.is_multiple_of(4)
                && (1..=5).contains(&class)
        }
        _ => false,
    }
}
