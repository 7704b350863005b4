//! hosts(5) parser. Pure.

use std::net::IpAddr;

/// Distinct addresses of `name` in the file's order, by canonical name or alias, case-insensitive (RFC 4343).
pub fn addresses_of(name: &str, text: &str) -> Vec<IpAddr> {
    let mut addresses = Vec::new();
    for address in text.lines().filter_map(|line| address_in_line(name, line)) {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    addresses
}

/// The address of a line that lists `name`.
fn address_in_line(name: &str, line: &str) -> Option<IpAddr> {
    let entry = line.split('#').next()?;
    let mut fields = entry.split_whitespace();
    // macOS has `fe80::1%lo0`; the zone is not part of the address (RFC 4007).
    let address = fields.next()?.split('%').next()?.parse().ok()?;
    fields
        .any(|field| field.eq_ignore_ascii_case(name))
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
    fn names_and_aliases_are_found_case_insensitively() {
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
