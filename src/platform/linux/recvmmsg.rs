//! Receives datagrams in batches (recvmmsg(2)), with sender, kernel timestamp and TTL.
//!
//! nix's `recvmmsg` cannot reuse its headers: the kernel overwrites `msg_controllen` with the length it used, and nix
//! passes that as the buffer's size to the next call.

use std::io;
use std::mem::zeroed;
use std::net::SocketAddr;
use std::os::fd::AsRawFd;

use arrayvec::ArrayVec;
use nix::sys::socket::{SockaddrLike, SockaddrStorage};
use socket2::Socket;

use super::cmsg::{raw_timestamp, ttl};
use super::sockets::socket_addr;
use crate::platform::RecvMeta;

/// Buffer size for one datagram; the largest is 65,535 bytes.
const MAX_DATAGRAM: usize = 1 << 16;

/// Words of control data per datagram: three timestamps and the TTL need 15 on 64 bits.
const CONTROL_WORDS: usize = 32;

/// `msg_name` and `msg_control` of one datagram.
struct Ancillary {
    name: libc::sockaddr_storage,
    /// Words, for the alignment of `struct cmsghdr` (cmsg(3)).
    control: [usize; CONTROL_WORDS],
}

/// Buffers for a batch of datagrams, allocated by the first call and reused.
#[derive(Default)]
pub struct RecvBatch {
    buffers: Vec<u8>,
    ancillary: Vec<Ancillary>,
    received: ArrayVec<RecvMeta, { RecvBatch::CAPACITY }>,
}

impl RecvBatch {
    /// Most datagrams per call.
    pub const CAPACITY: usize = 16;

    /// Receives up to `limit` datagrams and returns their number. `WouldBlock`: none is queued. Sender addresses are
    /// read only if `with_sender`.
    pub fn receive(
        &mut self,
        socket: &Socket,
        limit: usize,
        with_sender: bool,
    ) -> io::Result<usize> {
        self.received.clear();
        self.allocate();
        let buffers = self.buffers.chunks_exact_mut(MAX_DATAGRAM);
        let mut iovecs: ArrayVec<_, { Self::CAPACITY }> = buffers.take(limit).map(iovec).collect();
        let ancillary = self.ancillary.iter_mut();
        let headers = iovecs.iter_mut().zip(ancillary);
        let mut headers: ArrayVec<_, { Self::CAPACITY }> = headers
            .map(|(iovec, ancillary)| mmsghdr(iovec, ancillary, with_sender))
            .collect();
        let received = recvmmsg(socket, &mut headers)?;
        let filled = headers.iter().zip(&self.ancillary).take(received);
        self.received
            .extend(filled.map(|(header, ancillary)| ancillary.decode(header)));
        Ok(received)
    }

    fn allocate(&mut self) {
        if self.buffers.is_empty() {
            self.buffers = vec![0; Self::CAPACITY * MAX_DATAGRAM];
            self.ancillary = (0..Self::CAPACITY).map(|_| Ancillary::empty()).collect();
        }
    }

    /// Datagrams of the last call.
    pub fn datagrams(&self) -> impl Iterator<Item = (&RecvMeta, &[u8])> {
        let buffers = self.buffers.chunks_exact(MAX_DATAGRAM);
        let datagrams = self.received.iter().zip(buffers);
        datagrams
            .map(|(received, buffer)| (received, buffer.get(..received.length).unwrap_or(buffer)))
    }
}

/// recvmmsg(2): the number of headers that the kernel filled.
#[allow(unsafe_code)]
fn recvmmsg(socket: &Socket, headers: &mut [libc::mmsghdr]) -> io::Result<usize> {
    let count = libc::c_uint::try_from(headers.len()).unwrap_or(0);
    // The flags are signed in glibc and unsigned in musl.
    let flags = libc::MSG_DONTWAIT as _;
    // SAFETY: `socket` is borrowed, so the descriptor stays open. `count` is at most the length of `headers`, which is
    // borrowed exclusively. Each header comes from `mmsghdr`: its pointers lead to one datagram's own buffer, name and
    // control data, with their sizes, so the kernel writes within them and no two headers overlap. All of them are
    // borrowed by or owned by the only caller, `RecvBatch::receive`, which touches none before this returns.
    let received = unsafe {
        libc::recvmmsg(
            socket.as_raw_fd(),
            headers.as_mut_ptr(),
            count,
            flags,
            std::ptr::null_mut(),
        )
    };
    usize::try_from(received).map_err(|_| io::Error::last_os_error())
}

fn iovec(buffer: &mut [u8]) -> libc::iovec {
    libc::iovec {
        iov_base: buffer.as_mut_ptr().cast(),
        iov_len: buffer.len(),
    }
}

/// The header of one datagram.
#[allow(unsafe_code)]
fn mmsghdr(iovec: &mut libc::iovec, ancillary: &mut Ancillary, with_sender: bool) -> libc::mmsghdr {
    // SAFETY: `mmsghdr` is plain C data, integers and raw pointers; zero and null are valid values of all of them. It
    // is zeroed rather than written as a literal because musl has private padding fields.
    let mut header: libc::mmsghdr = unsafe { zeroed() };
    let message = &mut header.msg_hdr;
    if with_sender {
        message.msg_name = (&raw mut ancillary.name).cast();
        message.msg_namelen = socklen(size_of_val(&ancillary.name));
    }
    message.msg_iov = iovec;
    message.msg_iovlen = 1;
    message.msg_control = ancillary.control.as_mut_ptr().cast();
    message.msg_controllen = size_of_val(&ancillary.control) as _;
    header
}

fn socklen(bytes: usize) -> libc::socklen_t {
    libc::socklen_t::try_from(bytes).unwrap_or(0)
}

impl Ancillary {
    #[allow(unsafe_code)]
    fn empty() -> Self {
        Self {
            // SAFETY: `sockaddr_storage` is plain integers, for which zero is valid; family 0 is `AF_UNSPEC`.
            name: unsafe { zeroed() },
            control: [0; CONTROL_WORDS],
        }
    }

    /// Decodes what the kernel wrote. A control message that was truncated is absent.
    #[allow(clippy::unnecessary_cast)] // msg_controllen has 32 bits in musl
    fn decode(&self, header: &libc::mmsghdr) -> RecvMeta {
        let message = &header.msg_hdr;
        let control = self.control(message.msg_controllen as usize);
        RecvMeta {
            length: header.msg_len as usize,
            from: self.sender(message),
            at: raw_timestamp(control),
            ttl: ttl(control),
        }
    }

    /// The first `length` bytes of the control data.
    #[allow(unsafe_code)]
    fn control(&self, length: usize) -> &[u8] {
        let length = length.min(size_of_val(&self.control));
        // SAFETY: `length` is at most the size of the array, which was initialised with zeros; the slice borrows `self`
        // and so cannot outlive it. `usize` has no padding and every byte is a valid `u8`, with alignment 1.
        unsafe { std::slice::from_raw_parts(self.control.as_ptr().cast(), length) }
    }

    #[allow(unsafe_code)]
    fn sender(&self, message: &libc::msghdr) -> Option<SocketAddr> {
        if message.msg_name.is_null() {
            return None;
        }
        let length = Some(message.msg_namelen);
        // SAFETY: `name` is an initialised `sockaddr_storage`, borrowed for the call. `from_raw` copies `length` bytes
        // of it, and none if `length` exceeds the size of that type.
        let name = unsafe { SockaddrStorage::from_raw((&raw const self.name).cast(), length) };
        name.and_then(|name| socket_addr(&name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform;
    use std::net::UdpSocket;

    fn pair() -> (UdpSocket, Socket) {
        let sender = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let to = socket.local_addr().expect("an address");
        sender.connect(to).expect("connected");
        let socket = Socket::from(socket);
        platform::enable_recvttl(&socket, false).expect("the TTL");
        (sender, socket)
    }

    #[test]
    fn datagrams_keep_order_length_and_sender() {
        let (sender, socket) = pair();
        let mut batch = RecvBatch::default();
        for length in [3, 0, 5] {
            sender.send(&[length; 8][..length.into()]).expect("sent");
        }
        assert_eq!(batch.receive(&socket, 2, true).expect("two"), 2);
        let lengths: Vec<_> = batch.datagrams().map(|(_, bytes)| bytes.len()).collect();
        assert_eq!(lengths, [3, 0]);
        assert_eq!(
            batch
                .receive(&socket, RecvBatch::CAPACITY, true)
                .expect("one"),
            1
        );
        let (received, bytes) = batch.datagrams().next().expect("the third");
        assert_eq!(bytes, [5; 5]);
        assert_eq!(received.from, sender.local_addr().ok());
        assert_eq!(received.ttl, Some(64));
    }

    #[test]
    fn control_buffer_size_is_restored_for_each_call() {
        let (sender, socket) = pair();
        let mut batch = RecvBatch::default();
        let error = batch.receive(&socket, 4, false).expect_err("empty queue");
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
        assert_eq!(batch.datagrams().count(), 0);
        for _ in 0..2 {
            sender.send(b"x").expect("sent");
            assert_eq!(batch.receive(&socket, 4, false).expect("one"), 1);
            let (received, _) = batch.datagrams().next().expect("one");
            assert_eq!((received.ttl, received.from), (Some(64), None));
        }
    }
}
