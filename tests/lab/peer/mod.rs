//! The scripted peer behind the TUN device: routers and targets that reply as the scenario has it.

pub(crate) mod capture;
mod datagram_packet;
pub(crate) mod datagram_responder;
mod event_loop;
pub(crate) mod path;
mod send_queue;
pub(crate) mod tcp_responder;

use std::fs::File;
use std::os::unix::net::UnixStream;
use std::thread::{self, JoinHandle};

use crate::trial_error::{Context, Result};
use capture::Capture;
use datagram_responder::DatagramResponder;
use event_loop::EventLoop;
use path::Path;
use tcp_responder::TcpResponder;

/// The peer's thread.
pub(crate) struct ScriptedPeer {
    thread: JoinHandle<Result<Capture>>,
    /// Closed to stop the thread.
    stop: UnixStream,
}

impl ScriptedPeer {
    pub(crate) fn start(
        device: File,
        path: Path,
        tcp: TcpResponder,
        datagrams: DatagramResponder,
    ) -> Result<Self> {
        let (stop, stopped) = UnixStream::pair().context("making a socket pair")?;
        let event_loop = EventLoop::new(device, path, tcp, datagrams);
        Ok(Self {
            thread: thread::spawn(move || event_loop.run(&stopped)),
            stop,
        })
    }

    /// Stops the thread and returns the packets it has seen.
    pub(crate) fn stop(self) -> Result<Capture> {
        drop(self.stop);
        let result = self.thread.join();
        result.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}
