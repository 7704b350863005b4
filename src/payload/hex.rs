//! Parses bytes in hexadecimal.

/// Parses pairs of hexadecimal digits, optionally separated by spaces or colons.
///
/// # Errors
///
/// One line with the wrong character, escaped, and its position from 1.
pub fn parse_hex(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(text.len() / 2);
    let mut high: Option<(usize, char, u8)> = None;
    for (position, c) in (1..).zip(text.chars()) {
        match (digit(c), high.take()) {
            (Some(low), Some((.., high))) => bytes.push(high << 4 | low),
            (Some(digit), None) => high = Some((position, c, digit)),
            (None, None) if matches!(c, ' ' | ':') => {}
            (None, Some(alone)) if matches!(c, ' ' | ':') => return Err(odd(alone)),
            (None, _) => {
                return Err(format!(
                    "{c:?}, character {position}, is not a hexadecimal digit"
                ));
            }
        }
    }
    high.map_or(Ok(bytes), |alone| Err(odd(alone)))
}

fn digit(c: char) -> Option<u8> {
    c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

fn odd((position, c, _): (usize, char, u8)) -> String {
    format!("the digit {c:?}, character {position}, is unpaired: a byte has two digits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_may_be_separated() {
        let all = Ok(vec![0xde, 0xad, 0xbe, 0xef]);
        for text in ["deadbeef", "DE AD BE EF", "de:ad:be:ef", " dead: beef "] {
            assert_eq!(parse_hex(text), all, "{text:?}");
        }
        assert_eq!(parse_hex(""), Ok(vec![]));
    }

    #[test]
    fn errors_name_the_character_and_its_position() {
        for (text, message) in [
            ("dead0g", "'g', character 6, is not a hexadecimal digit"),
            ("0xff", "'x', character 2, is not a hexadecimal digit"),
            ("é0", "'é', character 1, is not a hexadecimal digit"),
            (
                "de\u{1b}",
                "'\\u{1b}', character 3, is not a hexadecimal digit",
            ),
            (
                "d:ead",
                "the digit 'd', character 1, is unpaired: a byte has two digits",
            ),
            (
                "de ad b",
                "the digit 'b', character 7, is unpaired: a byte has two digits",
            ),
        ] {
            assert_eq!(parse_hex(text), Err(message.to_owned()));
        }
    }
}
