//! Bytes written as hexadecimal digits.

/// Reads bytes written as pairs of hexadecimal digits; spaces and colons may stand between bytes.
///
/// # Errors
///
/// One line that names what is wrong, made safe for a terminal, and which character it is, from 1.
pub fn parse_hex(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(text.len() / 2);
    let mut high: Option<(usize, char, u8)> = None;
    for (place, c) in (1..).zip(text.chars()) {
        match (digit(c), high.take()) {
            (Some(low), Some((.., high))) => bytes.push(high << 4 | low),
            (Some(digit), None) => high = Some((place, c, digit)),
            (None, None) if matches!(c, ' ' | ':') => {}
            (None, Some(alone)) if matches!(c, ' ' | ':') => return Err(odd(alone)),
            (None, _) => {
                return Err(format!("{c:?}, character {place}, is no hexadecimal digit"));
            }
        }
    }
    high.map_or(Ok(bytes), |alone| Err(odd(alone)))
}

fn digit(c: char) -> Option<u8> {
    c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

fn odd((place, c, _): (usize, char, u8)) -> String {
    format!("the digit {c:?}, character {place}, stands alone: a byte has two")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_may_be_set_apart() {
        let all = Ok(vec![0xde, 0xad, 0xbe, 0xef]);
        for text in ["deadbeef", "DE AD BE EF", "de:ad:be:ef", " dead: beef "] {
            assert_eq!(parse_hex(text), all, "{text:?}");
        }
        assert_eq!(parse_hex(""), Ok(vec![]));
    }

    #[test]
    fn each_mistake_is_named_with_its_place() {
        for (text, message) in [
            ("dead0g", "'g', character 6, is no hexadecimal digit"),
            ("0xff", "'x', character 2, is no hexadecimal digit"),
            ("é0", "'é', character 1, is no hexadecimal digit"),
            (
                "de\u{1b}",
                "'\\u{1b}', character 3, is no hexadecimal digit",
            ),
            (
                "d:ead",
                "the digit 'd', character 1, stands alone: a byte has two",
            ),
            (
                "de ad b",
                "the digit 'b', character 7, stands alone: a byte has two",
            ),
        ] {
            assert_eq!(parse_hex(text), Err(message.to_owned()));
        }
    }
}
