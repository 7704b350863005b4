//! Who acts.

/// Who can do something about a cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Owner {
    /// No one has to.
    NoOne,
    /// The user: a step of his own, never the owner of a cause.
    You,
    /// The administrator of the target.
    Target,
    /// The owner of the network or firewall in between.
    Network,
    /// The owner of this machine's subnet: switches, Wi-Fi, gateway.
    Segment,
    /// The administrator of this machine.
    Here,
    /// The operator of the resolver.
    Resolver,
    /// The owner of the DNS zone.
    Zone,
}

impl Owner {
    /// As texts name him.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoOne => "no one",
            Self::You => "you",
            Self::Target => "the target's administrator",
            Self::Network => "the network's owner",
            Self::Segment => "the owner of this subnet",
            Self::Here => "this machine's administrator",
            Self::Resolver => "the resolver's operator",
            Self::Zone => "the owner of the DNS zone",
        }
    }
}
