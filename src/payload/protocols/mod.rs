//! Application protocols with a request that is safe to send to any server of the protocol.

mod codec;
mod dns;
mod echo;
mod ike;
mod memcached;
mod ntp;
mod quic;
mod sip;
mod snmp;
mod stun;
mod syslog;
#[cfg(test)]
mod tests;
mod tftp;

use super::transaction::{ReplyMatch, Transaction};
use codec::{Codec, Matcher};

/// Declares the enum and its codecs from one list.
macro_rules! app_protocols {
    ($($(#[$doc:meta])* $variant:ident = $codec:expr,)*) => {
        /// A protocol with a request that is safe to send to any of its servers.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum AppProtocol {
            $($(#[$doc])* $variant,)*
        }

        impl AppProtocol {
            /// Every protocol, in the order of the help text.
            pub const ALL: [Self; [$(Self::$variant),*].len()] = [$(Self::$variant),*];

            fn codec(self) -> &'static Codec {
                match self {
                    $(Self::$variant => &$codec,)*
                }
            }
        }
    };
}

app_protocols! {
    /// NS query for the root (RFC 1035).
    Dns = dns::CODEC,
    /// Client request (RFC 5905).
    Ntp = ntp::CODEC,
    /// `SNMPv3` engine id discovery, which needs no credentials (RFC 3414 section 4).
    Snmp = snmp::V3_CODEC,
    /// `SNMPv2c` get of sysDescr with community "public" (RFC 3416, RFC 1901).
    SnmpV2c = snmp::V2C_CODEC,
    /// Binding request (RFC 8489).
    Stun = stun::CODEC,
    /// Version negotiation (RFC 8999 section 6).
    Quic = quic::CODEC,
    /// OPTIONS (RFC 3261 section 11).
    Sip = sip::CODEC,
    /// `IKE_SA_INIT` with a key exchange group that no server accepts (RFC 7296 section 1.2).
    Ike = ike::CODEC,
    /// `version` command (memcached's protocol.txt, "UDP protocol").
    Memcached = memcached::CODEC,
    /// Read request for a file that does not exist (RFC 1350).
    Tftp = tftp::CODEC,
    /// Debug message; there are no replies (RFC 5426).
    Syslog = syslog::CODEC,
    /// Echo (RFC 862).
    Echo = echo::CODEC,
}

impl AppProtocol {
    /// Name for `--payload`.
    pub fn name(self) -> &'static str {
        self.codec().name
    }

    /// The protocol of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|protocol| protocol.name() == name)
    }

    /// The protocol whose well-known port this is.
    pub fn for_port(port: u16) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|protocol| protocol.codec().port == Some(port))
    }

    /// Whether servers reply at all.
    pub(super) fn expects_reply(self) -> bool {
        !matches!(self.codec().matcher, Matcher::NoReply)
    }

    /// Whether the reply may come from another port.
    pub(super) fn replies_from_any_port(self) -> bool {
        self.codec().replies_from_any_port
    }

    /// Whether replies repeat the token, if there are any.
    pub(super) fn has_verifiable_reply(self) -> bool {
        !matches!(self.codec().matcher, Matcher::Unverified(_))
    }

    /// Appends the request to `out`.
    pub(super) fn encode(self, transaction: &Transaction, out: &mut Vec<u8>) {
        (self.codec().encode)(transaction, out);
    }

    /// Matches a datagram received from the target.
    pub(super) fn match_reply(self, transaction: &Transaction, reply: &[u8]) -> ReplyMatch {
        let matched = match self.codec().matcher {
            Matcher::Verified(decode) => decode(transaction, reply).map(ReplyMatch::Matched),
            Matcher::Unverified(decode) => decode(reply).map(ReplyMatch::Unverified),
            Matcher::NoReply => None,
        };
        matched.unwrap_or(ReplyMatch::Mismatch)
    }
}
