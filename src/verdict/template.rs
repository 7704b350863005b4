//! Texts with named placeholders: `which rule drops {service}?[ At {hop} or behind it]`. What stands in brackets is left
//! out where a placeholder in it has no value.

use crate::text::Text;

macro_rules! placeholders {
    ($($placeholder:ident = $name:literal, $fallback:literal;)+) => {
        /// A value that a text names.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "their names say it")]
        pub enum Placeholder {
            $($placeholder,)+
        }

        /// Name and fallback of each.
        const ALL: &[(Placeholder, &str, &str)] = &[$((Placeholder::$placeholder, $name, $fallback),)+];
    };
}

placeholders! {
    Target = "target", "the target";
    Address = "address", "the target";
    TargetIp = "target_ip", "TARGET";
    ClientIp = "client_ip", "CLIENT";
    Port = "port", "PORT";
    Service = "service", "the port";
    Source = "source", "this machine";
    Gateway = "gateway", "the gateway";
    Sender = "sender", "its sender";
    Icmp = "icmp", "an ICMP error";
    Arp = "arp", "ARP or Neighbor Discovery";
    Hop = "hop", "that hop";
    Interface = "interface", "the outgoing interface";
    Dev = "dev", "DEV";
    Name = "name", "the name";
    OtherAddress = "other_address", "another address";
    Replies = "replies", "replies";
    Probe = "probe", "probe";
    Argument = "argument", "HOST:PORT";
    AnyFamily = "any_family", "HOST:PORT";
    Unused = "unused", "192.0.2.1:PORT";
    Filter = "filter", "FILTER";
}

/// What fills the placeholders.
pub trait Values {
    /// The value, where it is known.
    fn value(&self, placeholder: Placeholder) -> Option<Text>;
}

/// No values: texts in general.
pub struct NoValues;

impl Values for NoValues {
    fn value(&self, _placeholder: Placeholder) -> Option<Text> {
        None
    }
}

/// The text with its values; those that are missing have general words.
pub fn fill(template: &'static str, values: &impl Values) -> Text {
    let mut text = Text::default();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('[') {
        let (optional, after) = after.split_once(']').unwrap_or((after, ""));
        text.push(fill_part(before, values).0);
        let (filled, is_complete) = fill_part(optional, values);
        if is_complete {
            text.push(filled);
        }
        rest = after;
    }
    text.push(fill_part(rest, values).0);
    text
}

/// The text, and whether every value was known.
fn fill_part(template: &'static str, values: &impl Values) -> (Text, bool) {
    let (mut text, mut is_complete) = (Text::default(), true);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        text.push(before);
        if let Some((placeholder, _, fallback)) = ALL.iter().find(|it| it.1 == name) {
            let value = values.value(*placeholder);
            is_complete &= value.is_some();
            text.push(value.unwrap_or_else(|| Text::from(*fallback)));
        }
        rest = after;
    }
    text.push(rest);
    (text, is_complete)
}

/// Fails to compile where a template has a placeholder that does not exist, or an unpaired bracket.
pub(super) const fn check(template: &str) {
    let bytes = template.as_bytes();
    let (mut at, mut is_optional) = (0, false);
    while at < bytes.len() {
        match bytes[at] {
            b'{' => at = check_placeholder(bytes, at + 1),
            b'[' => {
                assert!(!is_optional, "brackets in brackets");
                is_optional = true;
            }
            b']' => {
                assert!(is_optional, "a bracket that was not opened");
                is_optional = false;
            }
            _ => {}
        }
        at += 1;
    }
    assert!(!is_optional, "a bracket that is not closed");
}

/// The place of the closing brace.
const fn check_placeholder(bytes: &[u8], start: usize) -> usize {
    let mut nth = 0;
    while nth < ALL.len() {
        let name = ALL[nth].1.as_bytes();
        let mut length = 0;
        while length < name.len()
            && start + length < bytes.len()
            && name[length] == bytes[start + length]
        {
            length += 1;
        }
        let end = start + length;
        if length == name.len() && end < bytes.len() && bytes[end] == b'}' {
            return end;
        }
        nth += 1;
    }
    panic!("a placeholder that does not exist")
}

#[cfg(test)]
mod tests {
    use super::*;

    struct OnlyPort;

    impl Values for OnlyPort {
        fn value(&self, placeholder: Placeholder) -> Option<Text> {
            (placeholder == Placeholder::Port).then(|| "443".into())
        }
    }

    fn filled(template: &'static str) -> String {
        fill(template, &OnlyPort).plain()
    }

    #[test]
    fn values_replace_placeholders_and_the_rest_has_general_words() {
        assert_eq!(filled("port {port}"), "port 443");
        assert_eq!(filled("{service} at {address}."), "the port at the target.");
        assert_eq!(filled(""), "");
    }

    #[test]
    fn brackets_without_a_value_are_left_out() {
        assert_eq!(filled("which?[ At {hop}][ ({port})]"), "which? (443)");
        assert_eq!(filled("[{hop}]x"), "x");
        assert_eq!(fill("a[ {port}]", &NoValues).plain(), "a");
    }
}
