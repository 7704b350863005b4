//! TARGET arguments, and the address family that they and `-4`, `-6` and `-S` ask for.

use crate::hosts::resolve::Family;
use crate::hosts::{Host, Protocol, TargetSpec, parse};
use crate::plan::Source;
use crate::platform;

/// Parses all TARGETs; those without a scheme are TCP, or UDP if `udp`.
pub(super) fn parse_all(texts: &[String], udp: bool) -> Result<Vec<TargetSpec>, String> {
    let default = if udp { Protocol::Udp } else { Protocol::Tcp };
    let zone = |name: &str| platform::interface_index(name);
    let specs = texts.iter().map(|text| parse(text, default, zone));
    specs
        .collect::<Result<_, _>>()
        .map_err(|error| error.to_string())
}

/// Parses the TARGET of a mode that takes one host and one port.
pub(super) fn parse_one(text: &str, udp: bool) -> Result<TargetSpec, String> {
    let mut specs = parse_all(&[text.to_owned()], udp)?;
    match specs.pop() {
        Some(spec) if spec.len() == 1 => Ok(spec),
        spec => Err(format!(
            "{text:?} has {} ports: this mode takes one",
            spec.map_or(0, |spec| spec.len())
        )),
    }
}

/// The requested address family, or that of the source address. Typed addresses must be in it.
pub(super) fn family(
    asked: Family,
    source: Option<&Source>,
    targets: &[TargetSpec],
) -> Result<Family, String> {
    let family = asked
        .with_source(source.map(|source| source.address))
        .ok_or("the source address of -S has the other IP version")?;
    for target in targets {
        if let Host::Address { text, address } = &target.host
            && !family.admits(*address)
        {
            let (is, asked) = if address.is_ipv4() {
                ("IPv4", "IPv6")
            } else {
                ("IPv6", "IPv4")
            };
            return Err(format!(
                "{text} is an {is} address, but -4, -6 or -S select {asked}"
            ));
        }
    }
    Ok(family)
}
