//! The protocols that a probe can speak.

use super::{DEFAULT_SIZE, ReplyMatch, Transaction, dns, ike, memcached, ntp, plain};
use super::{quic, sip, snmp, stun, syslog, tftp};

/// A protocol with a request that any of its servers answers, and that changes nothing there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppProtocol {
    /// Which name servers the root has (RFC 1035).
    Dns,
    /// The time (RFC 5905).
    Ntp,
    /// Which engine this is, the one question that `SNMPv3` answers without an account (RFC 3414 section 4).
    Snmp,
    /// What system this is, asked of the community "public" (RFC 3416, RFC 1901).
    SnmpV2c,
    /// Which address a request came from (RFC 8489).
    Stun,
    /// Which versions are spoken (RFC 8999 section 6).
    Quic,
    /// What is supported (RFC 3261 section 11).
    Sip,
    /// The first message of a key exchange, which goes no further (RFC 7296 section 1.2).
    Ike,
    /// Which version runs (memcached's protocol.txt, "UDP protocol").
    Memcached,
    /// For a file that does not exist (RFC 1350).
    Tftp,
    /// A log message of lowest importance; it is never answered (RFC 5426).
    Syslog,
    /// To send the same bytes back (RFC 862).
    Echo,
}

impl AppProtocol {
    /// Every protocol, in the order in which they are listed to people.
    pub const ALL: [Self; 12] = [
        Self::Dns,
        Self::Ntp,
        Self::Snmp,
        Self::SnmpV2c,
        Self::Stun,
        Self::Quic,
        Self::Sip,
        Self::Ike,
        Self::Memcached,
        Self::Tftp,
        Self::Syslog,
        Self::Echo,
    ];

    /// The name by which it is asked for.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Ntp => "ntp",
            Self::Snmp => "snmp",
            Self::SnmpV2c => "snmp-v2c",
            Self::Stun => "stun",
            Self::Quic => "quic",
            Self::Sip => "sip",
            Self::Ike => "ike",
            Self::Memcached => "memcached",
            Self::Tftp => "tftp",
            Self::Syslog => "syslog",
            Self::Echo => "echo",
        }
    }

    /// The protocol of this name, if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|named| named.name() == name)
    }

    /// The protocol whose servers listen on this port, if it is one of these.
    pub fn for_port(port: u16) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|named| named.port() == Some(port))
    }

    /// Its UDP port in IANA's registry of service names and port numbers (RFC 6335).
    fn port(self) -> Option<u16> {
        Some(match self {
            Self::Dns => 53,
            Self::Ntp => 123,
            Self::Snmp => 161,
            Self::SnmpV2c => return None, // the port is `Snmp`'s, which needs no community
            Self::Stun => 3478,
            Self::Quic => 443,
            Self::Sip => 5060,
            Self::Ike => 500,
            Self::Memcached => 11211,
            Self::Tftp => 69,
            Self::Syslog => 514,
            Self::Echo => 7,
        })
    }

    /// Appends the request to `out`.
    pub(super) fn write(self, question: &Transaction, out: &mut Vec<u8>) {
        let token = question.token;
        match self {
            Self::Dns => dns::write(token, out),
            Self::Ntp => ntp::write(token, out),
            Self::Snmp => snmp::write_v3(token, out),
            Self::SnmpV2c => snmp::write_v2c(token, out),
            Self::Stun => stun::write(token, out),
            Self::Quic => quic::write(token, out),
            Self::Sip => sip::write(question, out),
            Self::Ike => ike::write(token, out),
            Self::Memcached => memcached::write(token, out),
            Self::Tftp => tftp::write(token, out),
            Self::Syslog => syslog::write(token, out),
            Self::Echo => plain::write(token, DEFAULT_SIZE, out),
        }
    }

    /// Judges a datagram that came from the target.
    pub(super) fn classify(self, question: &Transaction, answer: &[u8]) -> ReplyMatch {
        let token = question.token;
        let own = match self {
            Self::Dns => dns::read(token, answer),
            Self::Ntp => ntp::read(token, answer),
            Self::Snmp => snmp::read_v3(token, answer),
            Self::SnmpV2c => snmp::read_v2c(token, answer),
            Self::Stun => stun::read(token, answer),
            Self::Quic => quic::read(token, answer),
            Self::Sip => sip::read(token, answer),
            Self::Ike => ike::read(token, answer),
            Self::Memcached => memcached::read(token, answer),
            Self::Tftp => {
                return tftp::read(answer).map_or(ReplyMatch::Mismatch, ReplyMatch::Unverified);
            }
            Self::Syslog => None,
            Self::Echo => plain::read_echo(token, DEFAULT_SIZE, answer),
        };
        own.map_or(ReplyMatch::Mismatch, ReplyMatch::Matched)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_finds_its_protocol_again() {
        for named in AppProtocol::ALL {
            assert_eq!(AppProtocol::from_name(named.name()), Some(named));
        }
        assert_eq!(AppProtocol::from_name("DNS"), None);
        assert_eq!(AppProtocol::from_name(""), None);
    }

    #[test]
    fn well_known_ports_choose_their_protocol() {
        let port_of = |named: AppProtocol| {
            let mut ports =
                (0..=u16::MAX).filter(|port| AppProtocol::for_port(*port) == Some(named));
            let first = ports.next();
            assert_eq!(ports.next(), None, "{named:?}");
            first
        };
        assert_eq!(port_of(AppProtocol::Dns), Some(53));
        assert_eq!(port_of(AppProtocol::Snmp), Some(161));
        assert_eq!(port_of(AppProtocol::SnmpV2c), None);
        assert_eq!(port_of(AppProtocol::Ike), Some(500));
        assert_eq!(port_of(AppProtocol::Memcached), Some(11211));
        assert_eq!(AppProtocol::for_port(80), None);
    }
}
