//! Values of options: durations, counts, sources, histograms, percentiles.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use jiff::fmt::friendly::SpanParser;

use crate::assertions::{Expectation, FailCondition, FailConditionError};
use crate::outcome::catalog::is_reason;
use crate::payload::{AppProtocol, MAX_UDP_PAYLOAD, Payload, parse_hex};
use crate::plan::{CloseMode, DataFormat, Format, Limit, MAX_DURATION, ReportFile, Source};
use crate::report::figure::Buckets;
use crate::term::escape_controls;

const DURATION_SYNTAX: &str =
    "a duration is a number and a unit (us, ms, s, m, h), as in 250ms, 1.5s, 2m or 1h30m";

/// `250ms`, `1.5s`, `2m`, `1h30m`; a number without a unit is in seconds.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    if text.starts_with('-') {
        return Err("a duration cannot be negative".to_owned());
    }
    let is_number = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let parsed = if is_number {
        let seconds = text.parse().ok();
        seconds.map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
    } else {
        with_units(text)
    };
    match parsed {
        Some(duration) if duration <= MAX_DURATION => Ok(duration),
        Some(_) => Err("a duration is at most 1000000000 s".to_owned()),
        None => Err(DURATION_SYNTAX.to_owned()),
    }
}

/// The friendly format of jiff, without calendar units. It requires a digit before the decimal point.
fn with_units(text: &str) -> Option<Duration> {
    let zero = if text.starts_with('.') { "0" } else { "" };
    SpanParser::new()
        .parse_unsigned_duration(format!("{zero}{text}"))
        .ok()
}

/// A number of probes, or with a unit the time during which probes are sent.
pub(super) fn limit(text: &str) -> Result<Limit, String> {
    if text.ends_with(|c: char| c.is_ascii_alphabetic()) {
        let duration = duration(text)?;
        return if duration.is_zero() {
            Err("the time must be longer than 0".to_owned())
        } else {
            Ok(Limit::Duration(duration))
        };
    }
    match text.parse() {
        Ok(0) => Err("the count must be at least 1".to_owned()),
        Ok(count) => Ok(Limit::Count(count)),
        Err(_) => Err("a count is a whole number such as 10, or a time such as 10s".to_owned()),
    }
}

/// `ADDR`, `ADDR:PORT`, `ADDR:PORT-PORT`; an IPv6 address before a port needs brackets.
pub(super) fn source(text: &str) -> Result<Source, String> {
    let unbracketed = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    if let Ok(address) = unbracketed.unwrap_or(text).parse::<IpAddr>() {
        let ports = None;
        return Ok(Source { address, ports });
    }
    let (address, ports) = text.rsplit_once(':').ok_or("not an IP address")?;
    let address = match address
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        Some(v6) => IpAddr::V6(v6.parse().map_err(|_| "not an IP address")?),
        None => IpAddr::V4(address.parse().map_err(|_| "not an IP address")?),
    };
    let ports = Some(port_range(ports)?);
    Ok(Source { address, ports })
}

fn port_range(text: &str) -> Result<RangeInclusive<u16>, String> {
    let port = |text: &str| match text.parse::<u16>() {
        Ok(port) if port > 0 => Ok(port),
        _ => Err(format!("{text:?} is not a port: ports are 1 to 65535")),
    };
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    let (low, high) = (port(low)?, port(high)?);
    if low > high {
        return Err(format!("the port range {text} is reversed"));
    }
    Ok(low..=high)
}

/// UDP payload: the name of a protocol, or custom bytes.
pub(super) fn payload(text: &str) -> Result<Payload, String> {
    let bytes = match text.split_once(':') {
        Some(("text", text)) => text.as_bytes().to_vec(),
        Some(("hex", digits)) => parse_hex(digits)?,
        Some(("file", path)) => contents(path)?,
        _ => {
            let named = AppProtocol::from_name(text).ok_or_else(unknown_payload)?;
            return Ok(Payload::Protocol(named));
        }
    };
    if bytes.len() > MAX_UDP_PAYLOAD {
        return Err(format!(
            "{} bytes are too many: a datagram carries at most {MAX_UDP_PAYLOAD}",
            bytes.len()
        ));
    }
    Ok(Payload::Custom(bytes.into()))
}

fn unknown_payload() -> String {
    format!("unknown payload: use {}", payloads())
}

/// Help of `--payload`.
pub(super) fn payload_help() -> String {
    format!("UDP payload: {} [default: by port]", payloads())
}

fn payloads() -> String {
    let names = AppProtocol::ALL.map(AppProtocol::name).join(", ");
    format!("{names}, or text:TEXT, hex:BYTES, file:PATH")
}

/// Reads at most 1 MiB, enough to see that a file is too large: a device may be endless.
fn contents(path: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let file = File::open(path).and_then(|file| file.take(1 << 20).read_to_end(&mut bytes));
    file.map_err(|error| format!("cannot read {}: {error}", escape_controls(path)))?;
    Ok(bytes)
}

/// Bytes: `64`, `8k`.
pub(super) fn size(text: &str) -> Result<usize, String> {
    let (digits, unit) = match text.strip_suffix(['k', 'K']) {
        Some(digits) => (digits, 1024),
        None => (text, 1),
    };
    let plain = digits.bytes().all(|b| b.is_ascii_digit());
    match digits.parse::<usize>() {
        Ok(number) if plain && number <= MAX_UDP_PAYLOAD / unit => Ok(number * unit),
        Ok(_) if plain => Err(format!(
            "a datagram carries at most {MAX_UDP_PAYLOAD} bytes"
        )),
        _ => Err("a size is a number of bytes, as in 64 or 8k".to_owned()),
    }
}

/// An outcome or a reason by its stable name.
pub(super) fn expected(text: &str) -> Result<Expectation, String> {
    Expectation::parse(text, is_reason)
}

/// A metric compared with a limit.
pub(super) fn condition(text: &str) -> Result<FailCondition, String> {
    text.parse()
        .map_err(|error: FailConditionError| error.to_string())
}

/// A result file in one of the formats of a mode, chosen by its extension.
pub(super) fn report_file<D: DataFormat>(text: &str) -> Result<ReportFile<D>, String> {
    let format = Format::of_file(text).ok_or_else(|| {
        let known: Vec<_> = Format::<D>::extensions().collect();
        format!(
            "no format of this mode has this extension: use {}",
            known.join(", ")
        )
    })?;
    let path = text.into();
    Ok(ReportFile { path, format })
}

/// Help of `-o`: the first extension of each format of a mode.
pub(super) fn report_file_help<D: DataFormat + PartialEq>() -> String {
    let mut formats = Vec::new();
    let mut names = Vec::new();
    for extension in Format::<D>::extensions() {
        let format = Format::<D>::of_file(extension);
        if !formats.contains(&format) {
            formats.push(format);
            names.push(extension.trim_start_matches('.'));
        }
    }
    let names = names.join(", ");
    format!("Also write the results to FILE; its extension chooses the format: {names}; repeatable")
}

/// `fin` or `rst`.
pub(super) fn close(text: &str) -> Result<CloseMode, String> {
    match text {
        "fin" => Ok(CloseMode::Fin),
        "rst" => Ok(CloseMode::Rst),
        _ => Err("use fin or rst".to_owned()),
    }
}

/// A number of buckets, or their edges in milliseconds.
pub(super) fn histogram(text: &str) -> Result<Buckets, String> {
    if let Ok(number) = text.parse::<usize>() {
        return match number {
            1..=1000 => Ok(Buckets::Equal(number)),
            _ => Err("a histogram has 1 to 1000 buckets".to_owned()),
        };
    }
    let edges = numbers(text).ok_or("use a number of buckets or a list of edges in ms")?;
    let ascending = edges.is_sorted_by(|a, b| a < b) && edges.iter().all(|edge| *edge >= 0.0);
    if ascending {
        Ok(Buckets::EdgesMs(edges))
    } else {
        Err("bucket edges must ascend and not be negative".to_owned())
    }
}

/// Percentiles in percent, above 0 and up to 100.
#[derive(Clone, Debug)]
pub(super) struct Percentiles(pub(super) Vec<f64>);

/// `50,90,99.9`.
pub(super) fn percentiles(text: &str) -> Result<Percentiles, String> {
    let list = numbers(text).ok_or("percentiles are a list such as 50,90,99.9")?;
    if list.len() > 5 {
        return Err("at most 5 percentiles are supported".to_owned());
    }
    match list
        .iter()
        .find(|percent| **percent <= 0.0 || **percent > 100.0)
    {
        Some(odd) => Err(format!(
            "{odd} is not a percentile: use values above 0, up to 100"
        )),
        None => Ok(Percentiles(list)),
    }
}

pub(super) fn numbers(text: &str) -> Option<Vec<f64>> {
    let number = |item: &str| item.parse::<f64>().ok().filter(|number| number.is_finite());
    text.split(',').map(number).collect()
}

/// `-H` may stand alone or before its value, as `PsPing` has it. clap cannot tell a value from a target,
/// but a target is never just a number or a list of numbers.
pub(super) fn join_histogram(arguments: Vec<OsString>) -> Vec<OsString> {
    let mut joined: Vec<OsString> = Vec::with_capacity(arguments.len());
    let mut open = false;
    for argument in arguments {
        let is_form = argument
            .to_str()
            .is_some_and(|text| numbers(text).is_some());
        match joined.last_mut() {
            Some(option) if open && is_form => {
                option.push("=");
                option.push(argument);
                open = false;
            }
            _ => {
                open = argument == "-H" || argument == "--histogram";
                joined.push(argument);
            }
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units_and_bounds() {
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(duration("1.5"), Ok(Duration::from_millis(1500)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(duration("0"), Ok(Duration::ZERO));
        assert_eq!(duration(".5"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("1.5us"), Ok(Duration::from_nanos(1500)));
        assert_eq!(duration("1h30m"), Ok(Duration::from_secs(5400)));
        assert_eq!(duration(".5s"), Ok(Duration::from_millis(500)));
        for bad in [
            "-1",
            "nan",
            "inf",
            "1e400",
            "1e3",
            "",
            "s",
            "5y",
            "1d",
            "1s ago",
            "-1s",
            "2000000000s",
            "99999999999",
            "99999999999999999999",
            "1.2.3",
        ] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_count_is_a_number_or_a_time() {
        assert_eq!(limit("10"), Ok(Limit::Count(10)));
        assert_eq!(limit("10s"), Ok(Limit::Duration(Duration::from_secs(10))));
        for bad in ["0", "0s", "-3", "1.5", "ten", "99999999999999999999"] {
            assert!(limit(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sources_with_and_without_ports() {
        let ports = |text| source(text).expect(text).ports;
        assert_eq!(ports("10.0.0.1"), None);
        assert_eq!(ports("10.0.0.1:40000-40100"), Some(40000..=40100));
        assert_eq!(ports("2001:db8::1"), None);
        assert_eq!(ports("[2001:db8::1]:40000"), Some(40000..=40000));
        for bad in [
            "eth0",
            "10.0.0.1:0",
            "10.0.0.1:9-8",
            "2001:db8::1:x",
            "[::1]:99999",
        ] {
            assert!(source(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn histograms_in_both_forms() {
        assert_eq!(histogram("20"), Ok(Buckets::Equal(20)));
        let edges = Buckets::EdgesMs(vec![0.01, 0.05, 1.0]);
        assert_eq!(histogram("0.01,0.05,1"), Ok(edges));
        for bad in ["0", "1001", "5,1", "1,,2", "a,b", "-1,2", "nan,1"] {
            assert!(histogram(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_histogram_takes_a_form_but_never_a_target() {
        let joined = |line: &str| {
            let words = line.split(' ').map(OsString::from).collect();
            let words = join_histogram(words);
            let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
            words.join(" ")
        };
        assert_eq!(joined("synack -H 20 h:80"), "synack -H=20 h:80");
        assert_eq!(
            joined("synack --histogram 1,5 h:80"),
            "synack --histogram=1,5 h:80"
        );
        assert_eq!(joined("synack -H h:80"), "synack -H h:80");
        assert_eq!(joined("synack -n 20 h:80"), "synack -n 20 h:80");
    }

    #[test]
    fn percentiles_lie_between_0_and_100() {
        assert_eq!(percentiles("50,99.9").expect("a list").0, [50.0, 99.9]);
        for bad in ["0", "101", "x", "1,2,3,4,5,6"] {
            assert!(percentiles(bad).is_err(), "{bad}");
        }
    }
}
