//! resolv.conf(5) parser: name servers. Pure.

use std::net::IpAddr;

/// Name servers in the file's order, without zones.
pub fn name_servers(text: &str) -> Vec<IpAddr> {
    let server = |line: &str| {
        let mut fields = line.split_whitespace();
        let address = fields
            .next()
            .filter(|field| *field == "nameserver")
            .and(fields.next())?;
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
                    nameserver\tfe80::1%eth0\nnameserver\nnameserver invalid\n";
        let found: Vec<_> = name_servers(text).iter().map(IpAddr::to_string).collect();
        assert_eq!(found, ["192.0.2.1", "fe80::1"]);
    }
}
