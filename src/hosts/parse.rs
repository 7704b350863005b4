//! Parser of TARGET arguments: `host:port`, `[v6]:port`, port lists and ranges, `tcp://` `udp://` `icmp://`.

use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::ops::RangeInclusive;

use thiserror::Error;

use super::Protocol;

/// A host and its ports to probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetSpec {
    /// Protocol of the probes.
    pub protocol: Protocol,
    /// The host.
    pub host: Host,
    /// Port ranges as listed; a single 0 where the protocol has no ports.
    pub ports: Vec<RangeInclusive<u16>>,
}

impl TargetSpec {
    /// Number of ports.
    #[allow(clippy::len_without_is_empty)] // at least one port
    pub fn len(&self) -> usize {
        self.ports.iter().map(ExactSizeIterator::len).sum()
    }
}

/// Host as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// An address with its zone (interface), if given; port 0.
    Address {
        /// Text without brackets.
        text: String,
        /// The address.
        address: SocketAddr,
    },
    /// A name to resolve.
    Name(String),
}

impl Host {
    /// Text as typed, without brackets.
    pub fn text(&self) -> &str {
        match self {
            Self::Address { text, .. } | Self::Name(text) => text,
        }
    }
}

/// Parse error of a TARGET. Each message quotes the wrong part, escaped.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum TargetError {
    /// No host before the port.
    #[error("{0:?} has no host: write HOST:PORT")]
    NoHost(String),
    /// No port; the protocol needs one.
    #[error("{0:?} has no port: add one, as in host:443")]
    NoPort(String),
    /// A port; the protocol has none.
    #[error("{0:?} has a port: ICMP echo has none, as in icmp://host")]
    PortOfIcmp(String),
    /// A port that is not a number from 1 to 65535.
    #[error(
        "{port:?} in {target:?} is not a port: use 1 to 65535, lists 22,80 or ranges 8000-8010"
    )]
    Port {
        /// The whole target.
        target: String,
        /// The wrong part.
        port: String,
    },
    /// A port range with its end before its start.
    #[error("the port range {range:?} in {target:?} is reversed")]
    Backwards {
        /// The whole target.
        target: String,
        /// The range.
        range: String,
    },
    /// An IPv6 address whose last group could be a port.
    #[error(
        "{0:?} is ambiguous: write an IPv6 address with a port in brackets, as in [2001:db8::1]:443"
    )]
    Brackets(String),
    /// Not an IPv6 address in brackets.
    #[error("{0:?} is not an IPv6 address")]
    Address(String),
    /// A link-local address without a zone.
    #[error("{0:?} is link-local and needs its interface, as in [fe80::1%eth0]:443")]
    Zone(String),
    /// The zone is not an interface.
    #[error("{0:?} is not an interface of this machine")]
    NoSuchZone(String),
    /// A bare number: most likely a port. Resolvers take it for an IPv4 address (`inet_aton(3)`).
    #[error("{0:?} is a number, not a host: write HOST:PORT")]
    Number(String),
    /// Characters invalid in a host name.
    #[error("{0:?} is not a host name: invalid character")]
    Name(String),
    /// An unsupported scheme.
    #[error(
        "{0:?} is not supported: targets are tcp://, udp:// or icmp://, or plain HOST:PORT or HOST"
    )]
    Scheme(String),
}

/// Parses `host:port`, `[v6]:port`, `host:22,80,8000-8010`, optionally with `tcp://` or `udp://`, and `icmp://host` or
/// a bare host for an ICMP echo.
///
/// `default` is the protocol of ports without a scheme. `zone_index` maps an interface name to its index (RFC 4007
/// section 11).
pub fn parse(
    text: &str,
    default: Protocol,
    zone_index: impl Fn(&str) -> Option<u32>,
) -> Result<TargetSpec, TargetError> {
    let (scheme, rest) = split_scheme(text)?;
    let (host, ports) = match scheme {
        // ICMP has no ports: no group of the address is ambiguous.
        Some(Protocol::Icmp) if is_v6(rest) => (rest, None),
        _ => split_ports(text, rest)?,
    };
    let protocol = match (scheme, ports) {
        (Some(protocol), _) => protocol,
        // A bare host is an ICMP echo, unless another protocol was requested.
        (None, None) if default == Protocol::Tcp => Protocol::Icmp,
        (None, _) => default,
    };
    let is_v6 = rest.starts_with('[') || host.contains(':');
    Ok(TargetSpec {
        protocol,
        host: parse_host(host, is_v6, zone_index)?,
        ports: match (protocol.has_ports(), ports) {
            (true, Some(ports)) => parse_ports(text, ports)?,
            (true, None) => return Err(TargetError::NoPort(text.to_owned())),
            (false, Some(_)) => return Err(TargetError::PortOfIcmp(text.to_owned())),
            (false, None) => vec![0..=0],
        },
    })
}

/// Splits off the scheme.
fn split_scheme(text: &str) -> Result<(Option<Protocol>, &str), TargetError> {
    let Some((scheme, rest)) = text.split_once("://") else {
        return Ok((None, text));
    };
    match Protocol::from_name(scheme) {
        Some(protocol) => Ok((Some(protocol), rest.trim_end_matches('/'))),
        None => Err(TargetError::Scheme(format!("{scheme}://"))),
    }
}

/// Splits host and ports, and removes brackets.
fn split_ports<'a>(text: &str, rest: &'a str) -> Result<(&'a str, Option<&'a str>), TargetError> {
    let target = || text.to_owned();
    if let Some(bracketed) = rest.strip_prefix('[') {
        let (host, after) = bracketed
            .split_once(']')
            .ok_or_else(|| TargetError::Address(target()))?;
        return match after.strip_prefix(':') {
            None if !after.is_empty() => Err(TargetError::Address(target())),
            ports => Ok((host, ports)),
        };
    }
    match rest.rsplit_once(':') {
        None if rest.is_empty() => Err(TargetError::NoHost(target())),
        None => Ok((rest, None)),
        Some((host, ports)) if !host.contains(':') => Ok((host, Some(ports))),
        Some((host, _)) if is_v6(rest) && !is_v6(host) => Ok((rest, None)),
        Some(_) => Err(TargetError::Brackets(target())),
    }
}

/// Whether this is an IPv6 address, with or without a zone.
fn is_v6(text: &str) -> bool {
    let address = text.split('%').next().unwrap_or_default();
    address.parse::<Ipv6Addr>().is_ok()
}

fn parse_host(
    host: &str,
    is_v6: bool,
    zone_index: impl Fn(&str) -> Option<u32>,
) -> Result<Host, TargetError> {
    let address = if is_v6 {
        Some(parse_v6(host, zone_index)?)
    } else {
        host.parse::<IpAddr>().ok().map(|ip| SocketAddr::new(ip, 0))
    };
    match address {
        Some(address) => Ok(Host::Address {
            text: host.to_owned(),
            address,
        }),
        None => parse_name(host).map(Host::Name),
    }
}

fn parse_v6(
    text: &str,
    zone_index: impl Fn(&str) -> Option<u32>,
) -> Result<SocketAddr, TargetError> {
    let (address, zone) = match text.split_once('%') {
        Some((address, zone)) => (address, Some(zone)),
        None => (text, None),
    };
    let address: Ipv6Addr = address
        .parse()
        .map_err(|_| TargetError::Address(text.to_owned()))?;
    if let Some(v4) = address.to_ipv4_mapped() {
        // The kernel sends IPv4 to an IPv4-mapped address (RFC 4291 section 2.5.5.2).
        return Ok(SocketAddr::new(v4.into(), 0));
    }
    let scope = match zone {
        Some(zone) => zone
            .parse()
            .ok()
            .or_else(|| zone_index(zone))
            .ok_or_else(|| TargetError::NoSuchZone(zone.to_owned()))?,
        None if address.is_unicast_link_local() => return Err(TargetError::Zone(text.to_owned())),
        None => 0,
    };
    Ok(SocketAddrV6::new(address, 0, 0, scope).into())
}

/// Names may have any letters and digits that a resolver may accept, but no control or formatting characters.
fn parse_name(text: &str) -> Result<String, TargetError> {
    let invalid = |c: char| !c.is_alphanumeric() && !matches!(c, '-' | '_' | '.');
    match text {
        "" => Err(TargetError::NoHost(text.to_owned())),
        _ if text.bytes().all(|b| b.is_ascii_digit()) => Err(TargetError::Number(text.to_owned())),
        _ if text.len() > 253 || text.contains(invalid) => Err(TargetError::Name(text.to_owned())),
        _ => Ok(text.to_owned()),
    }
}

fn parse_ports(target: &str, text: &str) -> Result<Vec<RangeInclusive<u16>>, TargetError> {
    text.split(',')
        .map(|item| parse_range(target, item))
        .collect()
}

fn parse_range(target: &str, text: &str) -> Result<RangeInclusive<u16>, TargetError> {
    let port = |part: &str| match part.parse::<u16>() {
        Ok(port) if port > 0 && part.bytes().all(|b| b.is_ascii_digit()) => Ok(port),
        _ => Err(TargetError::Port {
            target: target.to_owned(),
            port: part.to_owned(),
        }),
    };
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    let (low, high) = (port(low)?, port(high)?);
    if low > high {
        return Err(TargetError::Backwards {
            target: target.to_owned(),
            range: text.to_owned(),
        });
    }
    Ok(low..=high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<TargetSpec, TargetError> {
        parse(text, Protocol::Tcp, |zone| (zone == "eth0").then_some(7))
    }

    fn message(text: &str) -> String {
        parsed(text).expect_err(text).to_string()
    }

    #[test]
    fn names_addresses_lists_and_ranges() {
        let target = parsed("db.example:22,80,8000-8010").expect("a list");
        assert_eq!(target.host, Host::Name("db.example".to_owned()));
        assert_eq!(target.ports, [22..=22, 80..=80, 8000..=8010]);
        let target = parsed("tcp://[2001:db8::1]:443").expect("an address");
        assert_eq!(target.host.text(), "2001:db8::1");
        let target = parsed("10.0.0.7:5432").expect("an address");
        assert!(matches!(target.host, Host::Address { address, .. } if address.is_ipv4()));
    }

    #[test]
    fn scheme_or_missing_port_selects_the_protocol() {
        for (text, protocol) in [
            ("host:53", Protocol::Tcp),
            ("tcp://host:53", Protocol::Tcp),
            ("udp://host:53", Protocol::Udp),
            ("icmp://host", Protocol::Icmp),
            ("host", Protocol::Icmp),
            ("[::1]", Protocol::Icmp),
        ] {
            assert_eq!(parsed(text).expect(text).protocol, protocol, "{text}");
        }
        let udp = |text| parse(text, Protocol::Udp, |_| None);
        assert_eq!(udp("host:53").expect("a port").protocol, Protocol::Udp);
        let message = udp("host").expect_err("udp needs a port").to_string();
        assert!(message.contains("no port"), "{message}");
    }

    #[test]
    fn unambiguous_ipv6_addresses_need_no_brackets() {
        for text in ["::1", "fe80::1%eth0", "2001:db8:0:0:0:0:0:1", "icmp://::1"] {
            let target = parsed(text).expect(text);
            assert_eq!(target.protocol, Protocol::Icmp, "{text}");
            assert_eq!(target.ports, [0..=0]);
        }
        assert_eq!(
            parsed("icmp://2001:db8::1:2").expect("no port").ports,
            [0..=0]
        );
        assert!(message("2001:db8::1:443").contains("ambiguous"));
        assert!(message("udp://::1").contains("no port"));
    }

    #[test]
    fn a_link_local_address_needs_a_zone() {
        let target = parsed("[fe80::1%eth0]:22").expect("a zone");
        let Host::Address { address, .. } = target.host else {
            panic!("an address");
        };
        assert!(matches!(address, SocketAddr::V6(v6) if v6.scope_id() == 7));
        assert!(message("[fe80::1]:22").contains("needs its interface"));
        assert!(message("[fe80::1%nope]:22").contains("\"nope\""));
    }

    #[test]
    fn an_ipv4_mapped_address_is_ipv4() {
        let target = parsed("[::ffff:10.0.0.9]:80").expect("an address");
        assert!(matches!(target.host, Host::Address { address, .. } if address.is_ipv4()));
    }

    #[test]
    fn errors_name_the_wrong_part() {
        for (text, expected) in [
            ("", "has no host"),
            (":443", "has no host"),
            ("tcp://host", "no port"),
            ("udp://[::1]", "no port"),
            ("icmp://host:443", "has a port"),
            ("[::1]443", "not an IPv6 address"),
            ("host:", "\"\""),
            ("host:0", "\"0\""),
            ("host:65536", "\"65536\""),
            ("host:+80", "\"+80\""),
            ("host:80,", "\"\""),
            ("host:90-80", "reversed"),
            ("host:1-100000", "\"100000\""),
            ("2001:db8::1:443", "brackets"),
            ("[2001:db8::zz]:443", "not an IPv6 address"),
            ("[::1:443", "not an IPv6 address"),
            ("http://host:80", "http://"),
            ("icmp://", "has no host"),
            ("443", "a number, not a host"),
            ("ho st:80", "not a host name"),
        ] {
            assert!(
                message(text).contains(expected),
                "{text:?}: {}",
                message(text)
            );
        }
    }

    #[test]
    fn control_and_formatting_characters_are_escaped() {
        let text = message("evil\u{1b}[31m\u{202e}:80");
        assert!(
            text.contains("\\u{1b}") && text.contains("\\u{202e}"),
            "{text}"
        );
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'));
    }
}
