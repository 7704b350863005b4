//! The other addresses of the name.

use std::net::IpAddr;

use super::case::Case;
use super::tally::{Tally, usual_cause};
use super::{Code, Diagnosis, Who, at_the_address, texts};
use crate::checks::ProbeBatch;
use crate::outcome::LocalCause;
use crate::text::{Value, mark};

/// The first address fails, and another one works.
pub(super) fn another_works(case: &Case) -> Option<Diagnosis> {
    let tried = case.tried?;
    if case.asked.total() == 0 || case.asked.worked() > 0 {
        return None;
    }
    let split = Split::of(case, tried);
    if split.work.is_empty() {
        return None;
    }
    // What is wrong at the first one is the evidence.
    let first = at_the_address(case);
    let mut found = split.told(case);
    found.evidence.push(first.verdict);
    found.evidence.extend(first.evidence);
    found.unknown.extend(first.unknown);
    found.next.extend(first.next);
    // What stops probes on this machine is no reason to change the name's records.
    let there = case.asked.failed() > 0;
    Some(if there {
        split.asked_to_mend(case, found)
    } else {
        found
    })
}

/// The first address works, and another one fails for a reason that is not this machine's.
pub(super) fn another_fails(case: &Case) -> Option<Diagnosis> {
    let split = Split::of(case, case.tried?);
    let both = !split.work.is_empty() && !split.fail.is_empty();
    both.then(|| split.asked_to_mend(case, split.told(case)))
}

/// Addresses by how they did.
struct Split {
    work: Vec<IpAddr>,
    fail: Vec<IpAddr>,
}

impl Split {
    fn of(case: &Case, first: &ProbeBatch) -> Self {
        let mut split = Self {
            work: Vec::new(),
            fail: Vec::new(),
        };
        let address = |tried: &ProbeBatch| tried.target.address.ip();
        split.add(first, false);
        for other in &case.found.other_addresses {
            if address(other) != address(first) {
                split.add(other, true);
            }
        }
        split
    }

    fn add(&mut self, tried: &ProbeBatch, other: bool) {
        let (tally, address) = (Tally::of(tried), tried.target.address.ip());
        if tally.worked() > 0 {
            self.work.push(address);
        } else if tally.total() > 0 && !(other && is_unusable_here(tried, tally)) {
            self.fail.push(address);
        }
    }

    fn code(&self) -> Code {
        let v4 = |addresses: &[IpAddr]| addresses.iter().all(IpAddr::is_ipv4);
        let v6 = |addresses: &[IpAddr]| addresses.iter().all(IpAddr::is_ipv6);
        if v4(&self.work) && v6(&self.fail) {
            Code::OnlyIpv4Works
        } else if v6(&self.work) && v4(&self.fail) {
            Code::OnlyIpv6Works
        } else {
            Code::OnlySomeAddressesWork
        }
    }

    fn told(&self, case: &Case) -> Diagnosis {
        let code = self.code();
        let (work, fail) = (in_text(&self.work), in_text(&self.fail));
        let name = case.found.name.name.as_deref();
        let name = mark(Value::Host(name.unwrap_or(&case.found.target).into()));
        let kind = match code {
            Code::OnlyIpv4Works => "over IPv4 only",
            Code::OnlyIpv6Works => "over IPv6 only",
            _ => "at some of its addresses only",
        };
        let verdict = format!(
            "From here {name} works {kind}: {} answers at {work}, and not at {fail}.",
            case.service()
        );
        let found = Diagnosis::new(code, verdict)
            .not(format!("The service as a whole: it answers at {work}."));
        if fail_is_silent(case, &self.fail) {
            found.unknown(texts::WHICH_WAY)
        } else {
            found
        }
    }

    fn asked_to_mend(&self, case: &Case, found: Diagnosis) -> Diagnosis {
        let fail = in_text(&self.fail);
        let found = found.next(
            case.admin(),
            format!("does the service listen and is it allowed at {fail}? Only if it is not meant to, take that out of the name's records"),
        );
        // Who refuses can be reached.
        if case.is_own() || !fail_is_silent(case, &self.fail) {
            return found;
        }
        let ask = format!("is there a way to {fail} and back, and does a rule drop packets on it?");
        found.next(Who::Network, ask)
    }
}

fn in_text(addresses: &[IpAddr]) -> String {
    let texts: Vec<_> = addresses.iter().map(IpAddr::to_string).collect();
    texts::list(&texts)
}

fn fail_is_silent(case: &Case, fail: &[IpAddr]) -> bool {
    let mut all = case.tried.into_iter().chain(&case.found.other_addresses);
    all.any(|it| fail.contains(&it.target.address.ip()) && Tally::of(it).is_silent())
}

/// Whether this machine has no way to such an address at all, as one without IPv6 has none: not the target's fault,
/// and harmless while another address works.
fn is_unusable_here(tried: &ProbeBatch, tally: Tally) -> bool {
    use LocalCause::{AddressNotAvailable, FamilyNotSupported, NetworkDown, NoRoute};
    let cause = usual_cause(tried);
    let no_way = matches!(
        cause,
        Some(AddressNotAvailable | FamilyNotSupported | NetworkDown | NoRoute)
    );
    no_way && tally.local == tally.total()
}
