//! The scripted peer's UDP and ICMP echo: requests that are answered one by one.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use crate::endpoint::{Place, Protocol};
use crate::packet::datagram::Request;
use crate::peer::path::{Fate, Verdict};
use crate::peer::{Note, Sending, last_goes_on};
use crate::script::datagram::{Answer, Answers, What};

/// How one target answers.
#[derive(Clone, Debug)]
pub(crate) struct Talk {
    /// The answers to the first, second ... request. The last goes on.
    pub(crate) answers: Vec<Answers>,
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
    /// How hosts answer everything else.
    hosts: HashMap<(Protocol, IpAddr), Talk>,
    met: Vec<Met>,
}

impl Conversations {
    pub(crate) fn new(
        talks: HashMap<Place, Talk>,
        hosts: HashMap<(Protocol, IpAddr), Talk>,
    ) -> Self {
        let met = Vec::new();
        Self { talks, hosts, met }
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

    /// What to send in answer to a request, if it is for one of the hosts.
    pub(crate) fn meet(&mut self, request: Request, fate: &Fate) -> Vec<Sending> {
        let at = Instant::now();
        let place = request.place();
        let of_target = self.talks.get(&place);
        let talk = of_target.or_else(|| self.hosts.get(&(place.protocol, place.host)));
        let Some(talk) = talk else {
            return Vec::new();
        };
        let earlier = self.met.iter().filter(|met| met.place == place).count();
        let answers = talk.answers_to(earlier, fate);
        let note = Note::Request(self.met.len());
        let sendings = answers
            .iter()
            .flat_map(|it| sendings(&request, it, fate, note));
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
    /// The same answer to every request.
    pub(crate) fn always(answers: Answers) -> Self {
        let answers = vec![answers];
        Self { answers }
    }

    /// Unless the request ends before the target.
    fn answers_to(&self, earlier: usize, fate: &Fate) -> Vec<Answer> {
        match fate.verdict {
            Verdict::Arrives => last_goes_on(&self.answers, earlier).0.clone(),
            Verdict::Refused(error) => vec![Answer::at_once(What::Icmp(error))],
            Verdict::Lost | Verdict::Forged(_) => Vec::new(),
        }
    }
}

fn sendings(request: &Request, answer: &Answer, fate: &Fate, note: Note) -> Vec<Sending> {
    let sending = request.answered(answer, fate).map(|packet| Sending {
        after: fate.after + answer.after,
        packet,
        note: Some(note),
    });
    sending
        .map(|it| vec![it; answer.copies])
        .unwrap_or_default()
}
