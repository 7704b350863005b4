//! What a verdict is about: the values that fill the placeholders of its texts.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::capture_filter::{Capture, capture_filter};
use super::template::{Placeholder, Values};
use crate::hosts::Protocol;
use crate::hosts::resolve::Family;
use crate::outcome::IcmpError;
use crate::text;
use crate::text::{Text, Value};

/// A target, and what is known of the path to it.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Protocol of the probes.
    pub protocol: Protocol,
    /// The target as it was typed: `db.example:5432`.
    pub target: Value,
    /// The name that was looked up, where one was.
    pub name: Option<Arc<str>>,
    /// Addresses of the name that were asked for (`-4`, `-6`).
    pub family: Family,
    /// Where probes went; absent where the name has no address.
    pub address: Option<SocketAddr>,
    /// Replies come from other ports than the probed one (TFTP).
    pub replies_from_any_port: bool,
    /// Source address.
    pub source: Option<IpAddr>,
    /// The gateway, where there is one.
    pub gateway: Option<IpAddr>,
    /// Outgoing interface.
    pub interface: Option<Arc<str>>,
    /// The ICMP error that rejects the probes.
    pub icmp: Option<IcmpError>,
    /// The hop that a verdict points to, with its router where that is known.
    pub hop: Option<(u8, Option<IpAddr>)>,
    /// Another address of the name, one that works where one does.
    pub other_address: Option<IpAddr>,
}

impl Values for Subject {
    fn value(&self, placeholder: Placeholder) -> Option<Text> {
        let address = || Some(self.address?.ip());
        Some(match placeholder {
            Placeholder::Target => self.target.clone().into(),
            Placeholder::Address | Placeholder::TargetIp => address()?.into(),
            Placeholder::Port => self.port()?.into(),
            Placeholder::Service => self.service()?,
            Placeholder::Source | Placeholder::ClientIp => self.source?.into(),
            Placeholder::Gateway => self.gateway?.into(),
            Placeholder::Sender => self.icmp?.from?.into(),
            Placeholder::Icmp => icmp(&self.icmp?),
            Placeholder::Arp if address()?.is_ipv4() => "ARP".into(),
            Placeholder::Arp => "Neighbor Discovery".into(),
            Placeholder::Hop => hop(self.hop?),
            Placeholder::Interface => {
                text!["interface ", Value::label(self.interface.as_deref()?)]
            }
            Placeholder::Dev => Value::label(self.interface.as_deref()?).into(),
            Placeholder::Name => Value::Host(Arc::clone(self.name.as_ref()?)).into(),
            Placeholder::OtherAddress => self.other_address?.into(),
            Placeholder::Replies => match self.protocol {
                Protocol::Tcp => "accepts connections".into(),
                Protocol::Udp | Protocol::Icmp => "replies".into(),
            },
            Placeholder::Probe => match self.protocol {
                Protocol::Tcp => "SYN".into(),
                Protocol::Udp => "datagram".into(),
                Protocol::Icmp => "echo request".into(),
            },
            Placeholder::Argument => {
                text![self.option(), self.argument(self.target.clone().into())]
            }
            Placeholder::AnyFamily => self.argument(self.target.clone().into()),
            Placeholder::Unused => self.argument(self.unused()?),
            Placeholder::Filter => capture_filter([self.capture()?].into_iter())?,
        })
    }
}

impl Subject {
    /// A target of which nothing is known.
    pub fn unknown(protocol: Protocol, target: Value) -> Self {
        Self {
            protocol,
            target,
            name: None,
            family: Family::Any,
            address: None,
            replies_from_any_port: false,
            source: None,
            gateway: None,
            interface: None,
            icmp: None,
            hop: None,
            other_address: None,
        }
    }

    fn port(&self) -> Option<u16> {
        let port = self.address?.port();
        self.protocol.has_ports().then_some(port)
    }

    /// `tcp/5432`, `ICMP echo`.
    fn service(&self) -> Option<Text> {
        let port = self.address?.port();
        Some(Text::words(self.protocol.service(port)))
    }

    /// The option that leads to the same address.
    fn option(&self) -> &'static str {
        match self.family {
            Family::Any => "",
            Family::V4 => "-4 ",
            Family::V6 => "-6 ",
        }
    }

    /// A target as an argument of this tool, with the scheme of its protocol.
    fn argument(&self, target: Text) -> Text {
        match self.protocol {
            Protocol::Tcp => target,
            Protocol::Udp => text!["udp://", target],
            Protocol::Icmp => text!["icmp://", target],
        }
    }

    /// The same port of an unassigned address (RFC 5737, RFC 3849).
    fn unused(&self) -> Option<Text> {
        let host = match (self.address?.is_ipv4(), self.port()) {
            (true, _) => "192.0.2.1",
            (false, None) => "2001:db8::1",
            (false, Some(_)) => "[2001:db8::1]",
        };
        let port = self.port().map(|port| text![":", port]);
        Some(text![host, port])
    }

    /// What a capture of its probes is filtered by.
    pub fn capture(&self) -> Option<Capture> {
        Some(Capture {
            protocol: self.protocol,
            address: self.address?,
            replies_from_any_port: self.replies_from_any_port,
        })
    }
}

/// `ICMP admin-prohibited (3/13)`.
pub fn icmp(error: &IcmpError) -> Text {
    let number = format!("{}/{}", error.kind, error.code);
    let reason = error.reason();
    if reason.starts_with("icmp-") {
        // It has no name.
        return text!["ICMP ", Text::words(number)];
    }
    text!["ICMP ", reason, " (", Text::words(number), ")"]
}

/// `hop 3 (192.0.2.1)`.
fn hop((ttl, router): (u8, Option<IpAddr>)) -> Text {
    let router = router.map(|router| text![" (", router, ")"]);
    text!["hop ", ttl, router]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::template::fill;

    fn filled(protocol: Protocol, family: Family, template: &'static str) -> String {
        let mut subject = Subject::unknown(protocol, Value::label("db.example:53"));
        subject.family = family;
        subject.address = "[2001:db8::7]:53".parse().ok();
        fill(template, &subject).plain()
    }

    #[test]
    fn commands_lead_to_the_same_address_and_protocol() {
        let argument = |protocol, family| filled(protocol, family, "{argument}");
        assert_eq!(argument(Protocol::Tcp, Family::Any), "db.example:53");
        assert_eq!(argument(Protocol::Tcp, Family::V4), "-4 db.example:53");
        assert_eq!(
            argument(Protocol::Udp, Family::V6),
            "-6 udp://db.example:53"
        );
        let any = filled(Protocol::Udp, Family::V6, "-a {any_family}");
        assert_eq!(any, "-a udp://db.example:53");
        let unused = |protocol| filled(protocol, Family::Any, "{unused}");
        assert_eq!(unused(Protocol::Udp), "udp://[2001:db8::1]:53");
        assert_eq!(unused(Protocol::Icmp), "icmp://2001:db8::1");
    }
}
