//! hosts(5) entries. Pure: text in, addresses out.

use std::net::IpAddr;

/// The addresses that `text` gives `name`, in the file's order and each once. Letter case does not matter
/// (RFC 4343), and an alias is as good as the name before it.
pub fn addresses_of(name: &str, text: &str) -> Vec<IpAddr> {
    let mut addresses = Vec::new();
    for address in text.lines().filter_map(|line| address_for(name, line)) {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    addresses
}

/// The address of one line, if the line is about `name`.
fn address_for(name: &str, line: &str) -> Option<IpAddr> {
    let entry = line.split('#').next()?;
    let mut words = entry.split_whitespace();
    // macOS writes `fe80::1%lo0`: the zone says where the address is, and is no part of it (RFC 4007).
    let address = words.next()?.split('%').next()?.parse().ok()?;
    words
        .any(|known| known.eq_ignore_ascii_case(name))
        .then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
# 192.0.2.9 commented.example
127.0.0.1\tlocalhost localhost.localdomain
::1  localhost ip6-localhost # 192.0.2.8 late.example
fe80::1%lo0 localhost
  192.0.2.1 \t Web.Example  www
192.0.2.2 web.example\r
2001:db8::1 web.example
192.0.2.1 web.example
not-an-address web.example
192.0.2.3
";

    #[test]
    fn names_and_aliases_are_found_whatever_their_case() {
        let cases: [(&str, &[&str]); 9] = [
            ("localhost", &["127.0.0.1", "::1", "fe80::1"]),
            ("web.example", &["192.0.2.1", "192.0.2.2", "2001:db8::1"]),
            ("WWW", &["192.0.2.1"]),
            ("ip6-LOCALHOST", &["::1"]),
            ("commented.example", &[]),
            ("late.example", &[]),
            ("web", &[]),
            ("192.0.2.3", &[]),
            ("", &[]),
        ];
        for (name, expected) in cases {
            let found = addresses_of(name, FILE).into_iter();
            let found: Vec<_> = found.map(|address| address.to_string()).collect();
            assert_eq!(found, expected, "{name}");
        }
    }

    #[test]
    fn an_empty_file_has_no_names() {
        assert_eq!(addresses_of("localhost", ""), Vec::<IpAddr>::new());
    }
}
