//! Words and handles between two processes.
//!
//! On Linux a pair of connected sockets that keep lines apart (`SOCK_SEQPACKET`): a line arrives whole or not at all,
//! with the handle that was sent beside it (`SCM_RIGHTS`). The worker gets its end as standard input; when the host
//! ends, in whatever way, the worker reads the end of input. Another platform puts here: macOS `SOCK_STREAM` with a
//! line feed after each line, Windows a named pipe of messages and `DuplicateHandle`; nothing outside of this file and
//! `memory.rs` knows.

use std::{
    io::{self, IoSlice, IoSliceMut},
    mem::MaybeUninit,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    sync::Arc,
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    net::{
        AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
        SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
    },
};

/// A longer line is refused by both sides: the kernel must hold a line whole.
pub const LONGEST_LINE: usize = 128 << 10;

/// Two connected ends. Neither is inherited by programs that are started.
///
/// # Errors
/// When the process has too many open files.
pub fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?)
}

/// Makes an end ready for use.
pub fn open(end: OwnedFd) -> (Sender, Receiver) {
    let end = Arc::new(end);
    (Sender { end: end.clone() }, Receiver { end, buffer: vec![0; LONGEST_LINE + 1] })
}

/// The end that lines are sent from; a clone is the same end.
#[derive(Clone, Debug)]
pub struct Sender {
    end: Arc<OwnedFd>,
}

impl Sender {
    /// Sends a line, with a handle where there is one. Waits for `patience` at most for the peer to read earlier lines.
    ///
    /// # Errors
    /// `TimedOut` when the peer does not read, `BrokenPipe` when it is gone, `InvalidInput` for a line that is too long.
    pub fn send(&self, line: &str, handle: Option<BorrowedFd<'_>>, patience: Duration) -> io::Result<()> {
        if line.len() > LONGEST_LINE {
            let why = format!("a line of {} bytes is too long, {LONGEST_LINE} are allowed", line.len());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        let deadline = Instant::now() + patience;
        let handles: Vec<BorrowedFd<'_>> = handle.into_iter().collect();
        loop {
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
            let mut beside = SendAncillaryBuffer::new(&mut space);
            if !handles.is_empty() {
                beside.push(SendAncillaryMessage::ScmRights(&handles));
            }
            // Without a signal when the peer is gone: a host in C need not ignore SIGPIPE.
            let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
            match sendmsg(&*self.end, &[IoSlice::new(line.as_bytes())], &mut beside, flags) {
                Ok(_) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() || !wait_for(&*self.end, PollFlags::OUT, Some(left))? {
                        return Err(io::ErrorKind::TimedOut.into());
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// The end that lines arrive at.
#[derive(Debug)]
pub struct Receiver {
    end: Arc<OwnedFd>,
    buffer: Vec<u8>,
}

/// What came.
#[derive(Debug)]
pub enum Received {
    /// A line, and the handle beside it.
    Line(String, Option<OwnedFd>),
    /// Nothing for as long as was waited.
    Nothing,
    /// The peer is gone.
    End,
}

impl Receiver {
    /// Waits for a line, for `limit` at most.
    ///
    /// # Errors
    /// `InvalidData` for a line that is too long or not UTF-8.
    pub fn receive(&mut self, limit: Option<Duration>) -> io::Result<Received> {
        if !wait_for(&*self.end, PollFlags::IN, limit)? {
            return Ok(Received::Nothing);
        }
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut beside = RecvAncillaryBuffer::new(&mut space);
        let read = {
            let mut buffers = [IoSliceMut::new(&mut self.buffer)];
            recvmsg(&*self.end, &mut buffers, &mut beside, RecvFlags::CMSG_CLOEXEC | RecvFlags::DONTWAIT)
        };
        let read = match read {
            Ok(read) => read,
            Err(Errno::INTR | Errno::AGAIN) => return Ok(Received::Nothing),
            Err(Errno::CONNRESET) => return Ok(Received::End),
            Err(error) => return Err(error.into()),
        };
        let handle = beside.drain().find_map(|message| match message {
            RecvAncillaryMessage::ScmRights(mut handles) => handles.next(),
            _ => None,
        });
        if read.bytes == 0 {
            return Ok(Received::End);
        }
        let bad = |why: &str| io::Error::new(io::ErrorKind::InvalidData, why);
        if read.flags.contains(ReturnFlags::TRUNC) || read.bytes > LONGEST_LINE {
            return Err(bad("a line is too long"));
        }
        let line = std::str::from_utf8(&self.buffer[..read.bytes]).map_err(|_| bad("a line is not UTF-8"))?;
        Ok(Received::Line(line.to_owned(), handle))
    }
}

/// Whether the end is ready (or its peer gone) before the limit.
fn wait_for(end: impl AsFd, what: PollFlags, limit: Option<Duration>) -> io::Result<bool> {
    let limit = limit.map(|d| Timespec { tv_sec: d.as_secs().cast_signed(), tv_nsec: d.subsec_nanos().into() });
    let mut ends = [PollFd::new(&end, what)];
    match poll(&mut ends, limit.as_ref()) {
        Ok(ready) => Ok(ready > 0),
        Err(Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::{ReceivedMemory, SharedMemory, Written};

    const SOON: Duration = Duration::from_millis(20);

    #[test]
    fn lines_arrive_one_by_one_with_their_own_handle() {
        let (a, b) = pair().expect("a pair");
        let ((sender, _), (_, mut receiver)) = (open(a), open(b));
        let mut memory = SharedMemory::new(8).expect("memory");
        memory.bytes_mut().copy_from_slice(b"12345678");
        sender.send("one", None, SOON).expect("sent");
        sender.send("two", Some(memory.handle()), SOON).expect("sent");
        drop(memory);
        sender.send("three", None, SOON).expect("sent");
        drop(sender);
        let mut seen = Vec::new();
        while let Received::Line(line, handle) = receiver.receive(Some(SOON)).expect("a line") {
            seen.push((line, handle.map(|h| ReceivedMemory::open(h, 8, Written::ByPromise).expect("memory"))));
        }
        let lines: Vec<_> = seen.iter().map(|(line, _)| line.as_str()).collect();
        assert_eq!(lines, ["one", "two", "three"]);
        let handles: Vec<_> = seen.iter().map(|(_, m)| m.as_ref().map(ReceivedMemory::bytes)).collect();
        assert_eq!(handles, [None, Some(b"12345678".as_slice()), None]);
    }

    #[test]
    fn the_end_of_a_peer_is_seen_from_both_sides() {
        let (a, b) = pair().expect("a pair");
        let (sender, mut receiver) = open(a);
        assert!(matches!(receiver.receive(Some(SOON)), Ok(Received::Nothing)));
        drop(b);
        assert!(matches!(receiver.receive(None), Ok(Received::End)));
        let error = sender.send("more", None, SOON).expect_err("nobody is there");
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }

    #[test]
    fn a_peer_that_does_not_read_makes_nobody_wait() {
        let (a, b) = pair().expect("a pair");
        let ((sender, _), (_, mut receiver)) = (open(a), open(b));
        let line = "x".repeat(LONGEST_LINE);
        let error =
            (0..1000).find_map(|_| sender.send(&line, None, SOON).err()).expect("the peer is full at some time");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(matches!(receiver.receive(None), Ok(Received::Line(got, None)) if got == line));
        assert_eq!(
            sender.send(&"x".repeat(LONGEST_LINE + 1), None, SOON).map_err(|e| e.kind()),
            Err(io::ErrorKind::InvalidInput)
        );
    }
}
