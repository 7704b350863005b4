//! Expected fields of the tool's packets, as the scripted peer captured them.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use super::value::{ExpectedNumber, ExpectedString, ReportDifference, first_target};
use crate::endpoint::Endpoint;
use crate::peer::capture::{Capture, RequestRecord};

/// Of every request to one target. Fields that are not named are not checked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExpectedPackets {
    #[serde(default = "first_target")]
    target: usize,
    count: Option<ExpectedNumber>,
    ttl: Option<ExpectedNumber>,
    dscp: Option<ExpectedNumber>,
    payload_bytes: Option<ExpectedNumber>,
    dont_fragment: Option<bool>,
    source: Option<ExpectedString>,
}

impl ExpectedPackets {
    /// A message for each field that differs.
    pub(crate) fn differences(&self, capture: &Capture, targets: &[Endpoint]) -> Vec<String> {
        let target = targets[self.target - 1];
        let mut differences = Vec::new();
        let mut report = |field: &str, found: &Value, expected: &dyn fmt::Display| {
            differences.push(format!("{target}: {field} is {found}, expected {expected}"));
        };
        let count = capture.requests_to(target).count();
        check("packet count", self.count.as_ref(), count, &mut report);
        for record in capture.requests_to(target) {
            self.compare(record, &mut report);
        }
        differences
    }

    fn compare(&self, record: &RequestRecord, report: &mut ReportDifference) {
        let request = &record.request;
        check("packet ttl", self.ttl.as_ref(), request.ttl, report);
        check("packet dscp", self.dscp.as_ref(), request.dscp, report);
        let payload_bytes = request.payload.len();
        check(
            "packet payload_bytes",
            self.payload_bytes.as_ref(),
            payload_bytes,
            report,
        );
        let found = request.dont_fragment;
        if let Some(expected) = self.dont_fragment.filter(|it| *it != found) {
            report("packet dont_fragment", &found.into(), &expected);
        }
        let source = request.source.to_string().into();
        if let Some(expected) = self.source.as_ref().filter(|it| !it.matches(&source)) {
            report("packet source", &source, expected);
        }
    }
}

fn check(
    field: &str,
    expected: Option<&ExpectedNumber>,
    found: impl Into<Value>,
    report: &mut ReportDifference,
) {
    let found = found.into();
    if let Some(expected) = expected.filter(|it| !it.matches(&found, 1.0)) {
        report(field, &found, expected);
    }
}
