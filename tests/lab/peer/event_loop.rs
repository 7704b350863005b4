//! Event loop of the scripted peer: reads packets from the TUN device and writes replies to it.

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::IpAddr;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

use nix::poll::{PollFd, PollFlags, poll};

use super::capture::{Capture, CapturedPacket};
use super::datagram_responder::DatagramResponder;
use super::path::{Delivery, Path};
use super::send_queue::{DelayedPacket, RepliedRequest, SendQueue};
use super::tcp_responder::TcpResponder;
use crate::packet::PacketHeader;
use crate::packet::request::Request;
use crate::packet::tcp_segment::TcpSegment;
use crate::trial_error::{Context, Result};

pub(super) struct EventLoop {
    device: File,
    path: Path,
    tcp: TcpResponder,
    datagrams: DatagramResponder,
    packets: Vec<CapturedPacket>,
    send_queue: SendQueue,
}

impl EventLoop {
    pub(super) fn new(
        device: File,
        path: Path,
        tcp: TcpResponder,
        datagrams: DatagramResponder,
    ) -> Self {
        Self {
            device,
            path,
            tcp,
            datagrams,
            packets: Vec::new(),
            send_queue: SendQueue::default(),
        }
    }

    /// Runs until the other end of `stopped` is closed. Packets that came before are still read.
    pub(super) fn run(mut self, stopped: &UnixStream) -> Result<Capture> {
        let mut is_stopped = false;
        while !is_stopped {
            is_stopped = self.wait(stopped)?;
            self.send_due()?;
            self.receive()?;
        }
        Ok(Capture {
            connections: self.tcp.records(),
            requests: self.datagrams.into_records(),
            packets: self.packets,
        })
    }

    /// Waits for a packet or the next send time; true when stopped.
    fn wait(&self, stopped: &UnixStream) -> Result<bool> {
        let mut files = [
            PollFd::new(self.device.as_fd(), PollFlags::POLLIN),
            PollFd::new(stopped.as_fd(), PollFlags::POLLIN),
        ];
        poll(&mut files, self.send_queue.timeout()).context("waiting for packets")?;
        Ok(files[1].any().unwrap_or(true))
    }

    fn send_due(&mut self) -> Result<()> {
        while let Some(due) = self.send_queue.pop_due() {
            self.record_reply(due.in_reply_to);
            send(&mut self.device, &due.packet)?;
        }
        Ok(())
    }

    fn record_reply(&mut self, in_reply_to: Option<RepliedRequest>) {
        match in_reply_to {
            Some(RepliedRequest::Syn {
                source,
                destination,
                received_at,
            }) => self.tcp.record_reply(source, destination, received_at),
            Some(RepliedRequest::Datagram(index)) => self.datagrams.record_reply(index),
            None => {}
        }
    }

    fn receive(&mut self) -> Result<()> {
        let mut buffer = [0; 2048];
        loop {
            match self.device.read(&mut buffer) {
                Ok(length) => {
                    for reply in self.replies_to(&buffer[..length]) {
                        self.send_queue.push(reply);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                // The device is down: some scenarios set it down.
                Err(error) if error.raw_os_error() == Some(libc::EIO) => return Ok(()),
                Err(error) => return Err(error).context("reading from the TUN device"),
            }
        }
    }

    /// Other packets, such as router solicitations, are ignored.
    fn replies_to(&mut self, packet: &[u8]) -> Vec<DelayedPacket> {
        if let Some(segment) = TcpSegment::parse(packet) {
            let delivery = if segment.header.syn {
                let (source, destination) = (segment.source.ip(), segment.destination.ip());
                self.forward(segment.packet_header(), source, destination)
            } else {
                self.path.delivery_without_rules(segment.ttl)
            };
            return self.tcp.replies_to(&segment, &delivery);
        }
        let Some(request) = Request::parse(packet) else {
            return Vec::new();
        };
        let delivery = self.forward(request.packet_header(), request.source, request.destination);
        self.datagrams.replies_to(request, &delivery)
    }

    fn forward(&mut self, header: PacketHeader, source: IpAddr, destination: IpAddr) -> Delivery {
        let delivery = self.path.forward(&header, destination);
        self.packets.push(CapturedPacket {
            header,
            source,
            destination,
            delivery,
        });
        delivery
    }
}

fn send(device: &mut File, packet: &[u8]) -> Result<()> {
    match device.write(packet) {
        Err(error) if error.raw_os_error() != Some(libc::EIO) => {
            Err(error).context("writing to the TUN device")
        }
        _ => Ok(()),
    }
}
