//! This machine: its stack, its interfaces, its route, its firewall, and the next hop.

use super::case::{Case, NextHop};
use super::tally::{Tally, usual_cause};
use super::{Code, Diagnosis, Who, evidence, texts};
use crate::checks::ProbeBatch;
use crate::outcome::LocalCause;
use crate::path::PathEnd;
use crate::platform::{Link, NeighbourState, RouteKind, RouteLookup};

/// This machine cannot connect to itself, and nobody answered from elsewhere.
pub(super) fn own_stack(case: &Case) -> Option<Diagnosis> {
    let (how, tried) = dead_way(case)?;
    let explains = if case.is_own() {
        case.asked.worked() == 0
    } else {
        // An answer from elsewhere shows that the trouble is another one.
        case.heard_nothing()
    };
    let address = tried.target.address.ip();
    let found = Diagnosis::new(
        Code::LocalStackBroken,
        format!("This machine cannot even connect to itself {how} ({address})."),
    )
    .seen_if(own_trouble(case))
    .unknown(format!(
        "Whether {} can be reached: that shows only when this machine is well.",
        case.who()
    ))
    .next(
        Who::AdminHere,
        "is lo up, and does a rule drop its packets? ip address show lo; as root: nft list ruleset (or iptables-save, ip6tables-save)",
    );
    explains.then_some(found)
}

/// Packets to a loopback address would leave this machine: lo is down, or has lost its address.
pub(super) fn no_loopback(case: &Case) -> Option<Diagnosis> {
    let (address, route) = (case.address()?, case.route()?);
    if !address.is_loopback() || route.kind == RouteKind::Local {
        return None;
    }
    let by = route.interface.as_deref().unwrap_or("none");
    let verdict = format!(
        "{address} is this machine itself, but it has no way to itself: lo is down, or has lost that address."
    );
    let found = Diagnosis::new(Code::LocalStackBroken, verdict)
        .seen(format!(
            "The route to {address}: {}, interface {by}.",
            route.kind.name()
        ))
        .next(Who::AdminHere, "ip address show lo; ip link set lo up");
    Some(found)
}

/// How a connection to this machine itself failed, if one did.
pub(super) fn own_trouble(case: &Case) -> Option<String> {
    let (how, tried) = dead_way(case)?;
    let ends = texts::ends(tried);
    Some(format!(
        "A connection {how} to a listener of this tool's own: {ends}."
    ))
}

/// A way to connect to this machine itself that does not work.
fn dead_way<'a>(case: &Case<'a>) -> Option<(&'static str, &'a ProbeBatch)> {
    let local = &case.found.local;
    let ways = [
        ("over loopback", local.loopback.as_ref()),
        ("over its own address", local.own_address.as_ref()),
    ];
    ways.into_iter()
        .find_map(|(how, tried)| Some((how, tried.filter(|it| is_dead(it))?)))
}

/// Whether no connection to ourselves came about, for another reason than want of ports, files or memory.
fn is_dead(tried: &ProbeBatch) -> bool {
    let tally = Tally::of(tried);
    let only_wants = tally.failed() == 0 && usual_cause(tried).is_none_or(is_want);
    tally.total() > 0 && tally.worked() == 0 && !only_wants
}

/// Whether the machine lacks something for one more socket, which says nothing of the way.
fn is_want(cause: LocalCause) -> bool {
    use LocalCause::{
        OutOfMemory, Permission, PortsExhausted, RouteProhibited, SystemError, TooManyOpenFiles,
    };
    matches!(
        cause,
        PortsExhausted
            | TooManyOpenFiles
            | OutOfMemory
            | Permission
            | SystemError
            // EACCES is what a security policy says, too, and no route forbids this machine itself.
            | RouteProhibited
    )
}

/// No interface leads out.
pub(super) fn no_network(case: &Case) -> Option<Diagnosis> {
    let links = &case.found.local.links;
    let isolated = !links.is_empty() && !links.iter().any(|(_, link)| link.is_usable_uplink());
    if !isolated || case.asked.answers() > 0 || case.is_own() || leaves_all_the_same(case) {
        return None;
    }
    let all = links.iter().filter(|(_, link)| !link.is_loopback);
    let mut found = Diagnosis::new(
        Code::NoNetwork,
        format!(
            "This machine has no network: none of its interfaces leads out, to {} or to anybody.",
            case.who()
        ),
    );
    for (name, link) in all {
        found = found.seen(format!("Interface {name}: {}.", state(link)));
    }
    if found.evidence.is_empty() {
        found = found.seen("There is no interface but loopback.");
    }
    Some(
        found
            .unknown("The target: nothing can have reached it.")
            .next(
                Who::AdminHere,
                "connect it: ip link; ip address; is the cable in, the radio on, the DHCP client running?",
            ),
    )
}

/// Whether there is a way that needs no address of the usual kind: to a link-local address, or by an interface that
/// borrows its address.
fn leaves_all_the_same(case: &Case) -> bool {
    let delivers = case.route().is_some_and(|route| route.kind.delivers());
    let link = case.found.route.as_ref().and_then(|way| way.link.as_ref());
    delivers && link.is_none_or(is_ready)
}

fn is_ready(link: &Link) -> bool {
    link.up && link.carrier != Some(false)
}

fn state(link: &Link) -> &'static str {
    match (link.up, link.carrier) {
        (false, _) => "switched off",
        (true, Some(false)) => "no carrier (cable or radio)",
        (true, _) if link.addresses.is_empty() => "up, without an address",
        (true, _) => "up, with link-local addresses only",
    }
}

/// The interface that the route leaves by cannot pass packets.
pub(super) fn link_down(case: &Case) -> Option<Diagnosis> {
    let link = case.found.route.as_ref()?.link.as_ref()?;
    if is_ready(link) || link.is_loopback || case.asked.answers() > 0 || case.is_own() {
        return None;
    }
    let name = case.route().and_then(|route| route.interface.as_deref());
    let name = name.unwrap_or("(of unknown name)");
    let state = state(link);
    Some(
        Diagnosis::new(
            Code::LinkDown,
            format!(
                "Packets to {} should leave by interface {name}, and that is not ready: {state}.",
                case.who()
            ),
        )
        .seen(format!("Interface {name}: {state}."))
        .unknown("The target: nothing can have reached it that way.")
        .next(
            Who::AdminHere,
            format!("ip link show {name}; cable, radio, switch port; is it the right interface?"),
        ),
    )
}

/// The gateway does not answer ARP or Neighbor Discovery.
pub(super) fn gateway_dead(case: &Case) -> Option<Diagnosis> {
    let Some(NextHop::Gateway(gateway)) = case.next_hop() else {
        return None;
    };
    if !next_hop_is_dead(case) {
        return None;
    }
    let verdict = format!(
        "The gateway {gateway}, the first hop towards {}, does not answer {}.",
        case.who(),
        search(case)
    );
    let found = Diagnosis::new(Code::GatewayDead, verdict);
    Some(
        doubt_of_rules(case, found)
            .seen_if(neighbour_fact(case))
            .seen_if(silent_beyond(case).then(|| format!("No packet came back from beyond the gateway {gateway}.")))
            .unknown("The target: nothing can have reached it.")
            .next(
                Who::AdminHere,
                format!("is {gateway} the right gateway, and the netmask right? ip route; ip -6 route; ip address; check cable and VLAN"),
            )
            .next(Who::Network, format!("is {gateway} up and in this machine's network?")),
    )
}

fn silent_beyond(case: &Case) -> bool {
    case.asked.total() > 0 && case.heard_nothing()
}

/// The target is a neighbour, and does not answer ARP or Neighbor Discovery.
pub(super) fn target_absent(case: &Case) -> Option<Diagnosis> {
    let Some(NextHop::Target(target)) = case.next_hop() else {
        return None;
    };
    if case.is_own() || !next_hop_is_dead(case) {
        return None;
    }
    let (who, search) = (case.who(), search(case));
    let verdict = if evidence::unforced(case).is_some() {
        format!(
            "By the way that was asked for (-I, -S) {who} would be a neighbour, and nobody there answers {search} for {target}."
        )
    } else {
        format!(
            "{who} should be on this machine's own subnet, and nobody there answers {search} for {target}."
        )
    };
    let found = Diagnosis::new(Code::TargetAbsent, verdict);
    Some(
        doubt_of_rules(case, found)
            .seen_if(neighbour_fact(case))
            .seen(format!("The route has no gateway: {target} would be a neighbour."))
            .not("A rule for the port: the address is looked for before any port matters.")
            .not("Routers, if this machine's netmask is right: none is on the way to a neighbour.")
            .unknown("Whether the host is off, on another VLAN or switch port, or the address is another one.")
            .next(
                Who::AdminThere,
                format!("is the host up, with the address {target} and a link on the right VLAN? ip address; ip link"),
            )
            .next(Who::AdminHere, "is this machine's netmask right? ip address; ip route"),
    )
}

fn search(case: &Case) -> &'static str {
    match case.address() {
        Some(address) if address.is_ipv4() => "ARP",
        Some(_) => "Neighbor Discovery",
        None => "ARP or Neighbor Discovery",
    }
}

/// The kernel said so of a probe, or the entry says so and nothing that came back refutes it.
fn next_hop_is_dead(case: &Case) -> bool {
    if case.asked.answers() > 0 || gateway_answers(case) {
        return false;
    }
    let told = local_cause(case) == Some(LocalCause::NoNeighbour);
    let state = case.neighbour().map(|neighbour| neighbour.state);
    let lost = matches!(
        state,
        Some(NeighbourState::Failed | NeighbourState::Incomplete)
    );
    // Where a name could not be looked up, its servers were asked.
    let asked = case.asked.total() > 0 || case.found.name.error.is_some();
    told || (lost && asked && case.heard_nothing())
}

/// The next hop of the route that was looked up has answered something.
fn gateway_answers(case: &Case) -> bool {
    let echo = case
        .found
        .route
        .as_ref()
        .and_then(|it| it.gateway_echo.as_ref());
    let state = case.neighbour().map(|neighbour| neighbour.state);
    echo.is_some_and(|it| Tally::of(it).answers() > 0) || state == Some(NeighbourState::Reachable)
}

/// Neighbor Discovery passes the rules of a firewall, unlike ARP.
fn doubt_of_rules(case: &Case, found: Diagnosis) -> Diagnosis {
    if case.address().is_none_or(|address| address.is_ipv4()) {
        return found;
    }
    found
        .unknown("Whether a rule here or there drops ICMPv6 types 135 and 136, which the search needs.")
        .next(
            Who::AdminHere,
            "do this machine's rules let ICMPv6 types 135 and 136 in and out? As root: nft list ruleset (or ip6tables-save)",
        )
}

fn neighbour_fact(case: &Case) -> Option<String> {
    let neighbour = case.neighbour()?;
    Some(format!(
        "The neighbour entry of {} at {} is {}.",
        neighbour.next_hop,
        neighbour.interface,
        neighbour.state.name()
    ))
}

/// Another cause on this machine.
pub(super) fn local(case: &Case) -> Option<Diagnosis> {
    let why = local_cause(case)?;
    let of_next_hop = why == LocalCause::NoNeighbour && next_hop_is_dead(case);
    if of_next_hop && case.next_hop().is_some() && case.asked.answers() == 0 {
        return None;
    }
    let (mut what, mut look) = texts::local(case.found.protocol, why);
    if why == LocalCause::NoRoute && !case.signs_of_life().is_empty() {
        what = "a rule gives them no route, though others to that host have one";
        look = "ip rule; ip route show table all type unreachable; the same with ip -6";
    }
    // What is sent to this machine itself meets both sets of rules.
    if case.is_own() && why == LocalCause::LocalFirewall {
        look = "as root: nft list ruleset (or iptables-save, ip6tables-save): which rule of OUTPUT or INPUT rejects or drops?";
    }
    let admin = match why {
        LocalCause::GroupTarget => Who::You,
        _ => Who::AdminHere,
    };
    let found = Diagnosis::new(Code::Local(why), stopped(case, what))
        .seen_if(case.route().and_then(odd_route))
        .seen_if(another_next_hop(case, why))
        .next(admin, look);
    let (who, asked) = (case.who(), &case.asked);
    let found = if asked.silent > 0 {
        let silent = texts::probes(asked.silent);
        found.unknown(format!("Why {silent} that did leave got no reply."))
    } else {
        found
    };
    Some(if asked.answers() + asked.silent > 0 {
        found.not(format!(
            "{who} as the cause of these: they never got that far."
        ))
    } else {
        found
            .not("The target and the network as the cause: no probe of these got that far.")
            .unknown("Whether the target would answer.")
    })
}

/// What was stopped here, and why.
fn stopped(case: &Case, what: &str) -> String {
    let (who, asked) = (case.who(), &case.asked);
    if asked.answers() + asked.silent > 0 {
        let (local, total) = (asked.local, asked.total());
        format!("{local} of {total} probes to {who} never left this machine: {what}.")
    } else if case.is_own() {
        format!("Probes to {who}, which is this machine itself, get nowhere: {what}.")
    } else {
        format!("Probes to {who} do not leave this machine: {what}.")
    }
}

/// The next hop that other packets take answers, so these take another one.
fn another_next_hop(case: &Case, why: LocalCause) -> Option<String> {
    let NextHop::Gateway(gateway) = case.next_hop()? else {
        return None;
    };
    if why != LocalCause::NoNeighbour || !gateway_answers(case) {
        return None;
    }
    Some(format!(
        "The gateway {gateway} of the route that was looked up answers: these packets take another one, by a rule for \
         their port, user or mark (ip rule; nft list ruleset)."
    ))
}

/// This machine's own rules stop some packets to that host, and some of the asked ones got no answer.
pub(super) fn drops_some(case: &Case) -> Option<Diagnosis> {
    let asked = &case.asked;
    if asked.worked() == 0 || asked.silent + asked.resent() == 0 {
        return None;
    }
    let own = |cause: &LocalCause| {
        matches!(
            cause,
            LocalCause::LocalFirewall | LocalCause::DroppedLocally
        )
    };
    let why = case.other_probes().filter_map(usual_cause).find(own)?;
    let (what, look) = texts::local(case.found.protocol, why);
    let verdict = format!(
        "Some packets to {} do not leave this machine: {what}. Probes of the port had to be sent again, or got no reply.",
        case.who()
    );
    Some(
        Diagnosis::new(Code::Local(why), verdict)
            .not("A host that is down, a closed port, and a filter for all: some probes got through.")
            .unknown("Whether packets get lost on the way, too.")
            .next(Who::AdminHere, look),
    )
}

/// The cause on this machine that explains how the probes ended.
fn local_cause(case: &Case) -> Option<LocalCause> {
    let asked = &case.asked;
    let group = is_group(case).then_some(LocalCause::GroupTarget);
    if let Some(why) = case
        .tried
        .and_then(usual_cause)
        .map(|why| group.unwrap_or(why))
    {
        let most = asked.local * 2 >= asked.silent;
        let explains = asked.answers() == 0 && !is_want(why) && most;
        let why = actual(case, why);
        return (explains || asked.local >= asked.failed()).then_some(why);
    }
    if asked.answers() + asked.silent > 0 {
        return None;
    }
    let of_route = case.route().and_then(|route| route_cause(route.kind));
    of_route.or(match case.end() {
        Some(PathEnd::Local(why)) => Some(*why),
        _ => None,
    })
}

/// EACCES is a prohibit route's word, and a security policy's: where the route delivers it is the policy.
fn actual(case: &Case, why: LocalCause) -> LocalCause {
    let delivers = case.route().is_some_and(|route| route.kind.delivers());
    match why {
        LocalCause::RouteProhibited if delivers => LocalCause::Permission,
        why => why,
    }
}

/// Whether the target stands for many machines, which TCP has no way to.
fn is_group(case: &Case) -> bool {
    let kind = case.route().map(|route| route.kind);
    matches!(kind, Some(RouteKind::Broadcast | RouteKind::Multicast))
}

/// What connect(2) would say.
fn route_cause(kind: RouteKind) -> Option<LocalCause> {
    Some(match kind {
        RouteKind::NoRoute | RouteKind::Throw => LocalCause::NoRoute,
        RouteKind::Unreachable => LocalCause::RouteUnreachable,
        RouteKind::Prohibit => LocalCause::RouteProhibited,
        RouteKind::Blackhole => LocalCause::RouteBlackhole,
        RouteKind::Refused(errno) => LocalCause::from_errno(errno),
        _ => return None,
    })
}

fn odd_route(route: &RouteLookup) -> Option<String> {
    let kind = route.kind;
    (!kind.delivers()).then(|| format!("The route lookup says: {}.", kind.name()))
}
