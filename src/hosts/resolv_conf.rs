//! resolv.conf(5) name servers. Pure: text in, addresses out.

use std::net::IpAddr;

/// The name servers of a resolv.conf(5), in its order, without the zones of link-local ones.
pub fn name_servers(text: &str) -> Vec<IpAddr> {
    let server = |line: &str| {
        let mut words = line.split_whitespace();
        let address = words
            .next()
            .filter(|word| *word == "nameserver")
            .and(words.next())?;
        address.split('%').next()?.parse().ok()
    };
    text.lines().filter_map(server).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_servers_are_found() {
        let text = "# nameserver 192.0.2.9\nsearch example\nnameserver 192.0.2.1\n\
                    nameserver\tfe80::1%eth0\nnameserver\nnameserver nobody\n";
        let found: Vec<_> = name_servers(text).iter().map(IpAddr::to_string).collect();
        assert_eq!(found, ["192.0.2.1", "fe80::1"]);
    }
}
