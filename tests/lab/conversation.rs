//! The scripted peer's UDP and ICMP echo: requests that are answered one by one.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use crate::answer::{Answer, Answers, IcmpError, What};
use crate::datagram::Request;
use crate::place::Place;
use crate::responder::{Note, Sending, last_goes_on};

/// How one target answers.
#[derive(Clone, Debug)]
pub(crate) struct Talk {
    /// The answers to the first, second ... request. The last goes on.
    pub(crate) answers: Vec<Answers>,
    /// The routers on the way, nearest first.
    pub(crate) hops: Vec<IpAddr>,
}

/// One request of the tool.
#[derive(Clone, Debug)]
pub(crate) struct Met {
    pub(crate) place: Place,
    pub(crate) request: Request,
    at: Instant,
    /// From reading the request to writing the first answer to it.
    pub(crate) first_answer: Option<Duration>,
}

/// All that was asked, and how the targets answer.
pub(crate) struct Conversations {
    talks: HashMap<Place, Talk>,
    met: Vec<Met>,
}

impl Conversations {
    pub(crate) fn new(talks: HashMap<Place, Talk>) -> Self {
        let met = Vec::new();
        Self { talks, met }
    }

    pub(crate) fn met(self) -> Vec<Met> {
        self.met
    }

    /// An answer to a request is about to be written.
    pub(crate) fn note(&mut self, number: usize) {
        let met = &mut self.met[number];
        let taken = || met.at.elapsed();
        met.first_answer.get_or_insert_with(taken);
    }

    /// What to send in answer to a packet, if it is a request to one of the targets.
    pub(crate) fn meet(&mut self, packet: &[u8]) -> Vec<Sending> {
        let at = Instant::now();
        let Some(request) = Request::parse(packet) else {
            return Vec::new();
        };
        let place = request.place();
        let Some(talk) = self.talks.get(&place) else {
            return Vec::new();
        };
        let earlier = self.met.iter().filter(|met| met.place == place).count();
        let answers = talk.answers_to(earlier, request.ttl);
        let note = Note::Request(self.met.len());
        let sendings = answers.iter().flat_map(|it| sendings(&request, it, note));
        let sendings = sendings.collect();
        self.met.push(Met {
            place,
            request,
            at,
            first_answer: None,
        });
        sendings
    }
}

impl Talk {
    /// Unless the request's TTL ends at a router before the target.
    fn answers_to(&self, earlier: usize, ttl: u8) -> Vec<Answer> {
        match self.hops.get(usize::from(ttl.saturating_sub(1))) {
            Some(&router) => {
                let error = IcmpError::time_exceeded(router);
                vec![Answer::at_once(What::Icmp(error))]
            }
            None => last_goes_on(&self.answers, earlier).0.clone(),
        }
    }
}

fn sendings(request: &Request, answer: &Answer, note: Note) -> Vec<Sending> {
    let sending = request.answered(answer).map(|packet| Sending {
        after: answer.after,
        packet,
        note: Some(note),
    });
    sending
        .map(|it| vec![it; answer.copies])
        .unwrap_or_default()
}
