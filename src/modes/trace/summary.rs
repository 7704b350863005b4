//! A traced path with its analysis: what every format of the report is made from.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use crate::clock::WallClock;
use crate::hosts::Target;
use crate::hosts::resolve::Family;
use crate::path::{Path, PathAnalysis, RouterNames, analyze};
use crate::plan::PathPlan;
use crate::platform::{HostInfo, Route};
use crate::report::Redactor;
use crate::text;
use crate::text::CommandLine;
use crate::text::{Text, Value};
use crate::verdict::conclusion::{Conclusion, conclude};
use crate::verdict::observe::trace;
use crate::verdict::subject::Subject;

/// What is known before the first probe.
#[derive(Clone, Debug)]
pub struct TraceInfo {
    /// How the path is traced.
    pub path: PathPlan,
    /// The end of the path.
    pub target: Target,
    /// Addresses of its name that were asked for.
    pub family: Family,
    /// The route to it.
    pub route: Option<Route>,
    /// This machine.
    pub host: HostInfo,
    /// Turns instants into UTC.
    pub clock: WallClock,
    /// When it began.
    pub started: Instant,
    /// The command as it was typed.
    pub command_line: CommandLine,
}

/// A traced path.
#[derive(Clone, Debug)]
pub struct TraceSummary<'a> {
    /// What was known before.
    pub info: &'a TraceInfo,
    /// What was measured.
    pub path: &'a Path,
    /// Where the path ends, and what stands out on it.
    pub analysis: PathAnalysis,
    /// What that means.
    pub conclusion: Conclusion,
    /// Names of routers.
    pub names: &'a RouterNames,
    /// When it ended.
    pub ended: Instant,
}

impl TraceInfo {
    /// Replaces names and addresses of this path, if `active`.
    pub fn redactor(&self, active: bool) -> Redactor {
        let redactor = Redactor::new(active);
        redactor.register_target(&self.target);
        if let Some(source) = self.source() {
            redactor.register_source(source);
        }
        if let Some(name) = &self.host.name {
            redactor.register_local_name(name);
        }
        redactor
    }

    /// The source address of the probes.
    pub fn source(&self) -> Option<IpAddr> {
        self.route.as_ref().and_then(|route| route.source)
    }

    /// The gateway, where there is one.
    fn gateway(&self) -> Option<IpAddr> {
        self.route.as_ref()?.gateway(self.target.address.ip())
    }

    fn subject(&self) -> Subject {
        let target = &self.target;
        let route = self.route.as_ref();
        Subject {
            protocol: target.protocol,
            target: Value::service(target),
            name: target.name().map(|_| Arc::clone(&target.host)),
            family: self.family,
            address: Some(target.address),
            replies_from_any_port: false,
            source: self.source(),
            gateway: self.gateway(),
            interface: route.and_then(|it| it.interface.clone()),
            icmp: None,
            hop: None,
            other_address: None,
        }
    }

    /// `db.example:5432 (10.20.0.7) TCP`
    pub(super) fn target_text(&self) -> Text {
        let target = &self.target;
        let address = target
            .name()
            .map(|_| text![" (", Value::address(target), ")"]);
        text![
            Value::service(target),
            address,
            " ",
            target.protocol.title()
        ]
    }

    /// `from 10.20.9.4 on eth0 via 10.20.9.1`
    pub(super) fn origin(&self) -> Option<Text> {
        let route = self.route.as_ref()?;
        let source = route.source.map(|source| text!["from ", source]);
        let interface = route.interface.as_deref();
        let interface = interface.map(|it| text!["on ", Value::label(it)]);
        let gateway = self.gateway().map(|hop| text!["via ", hop]);
        let parts: Vec<_> = [source, interface, gateway].into_iter().flatten().collect();
        (!parts.is_empty()).then(|| Text::join(parts, " "))
    }
}

impl<'a> TraceSummary<'a> {
    /// Analyses a path as it is known at `ended`.
    pub fn new(
        info: &'a TraceInfo,
        path: &'a Path,
        names: &'a RouterNames,
        ended: Instant,
    ) -> Self {
        let analysis = analyze(path);
        Self {
            info,
            path,
            conclusion: conclude(&trace::case(
                (path, &analysis),
                info.subject(),
                info.route.as_ref(),
            )),
            analysis,
            names,
            ended,
        }
    }
}
