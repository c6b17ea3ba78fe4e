//! The one place with unsafe code: memory that two processes see.
//!
//! On Linux an anonymous file (`memfd_create`) that has no name anywhere: it is gone with the last process that holds
//! it, however that process ended. It is sealed against shrinking, so that no peer can take pages away from under a
//! mapping (the reader would die of SIGBUS). Another platform puts here: macOS `shm_open` followed by `shm_unlink`,
//! Windows `CreateFileMapping` without a name; nothing outside of this file and `channel.rs` knows.
#![allow(unsafe_code)]

use std::{
    fs::File,
    io::{self, Write as _},
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

use memmap2::{Mmap, MmapMut, MmapOptions};
use rustix::fs::{FallocateFlags, MemfdFlags, SealFlags, fallocate, fcntl_add_seals, fcntl_get_seals, memfd_create};

/// Seen in `/proc/PID/maps` and nowhere else.
const NAME: &str = "tmli";

/// Memory that this process made, fills, and may hand to another.
#[derive(Debug)]
pub struct SharedMemory {
    map: MmapMut,
    file: File,
}

impl SharedMemory {
    /// `bytes` zeros.
    ///
    /// # Errors
    /// When the system has not that much memory left, or the process too many open files.
    pub fn new(bytes: usize) -> io::Result<Self> {
        let bytes = bytes.max(1);
        let file = anonymous_file(bytes)?;
        // Takes the pages now: too little memory is an error here, and not a SIGBUS at the first touch.
        fallocate(&file, FallocateFlags::empty(), 0, bytes as u64)?;
        Self::map(file, bytes)
    }

    /// A copy of `bytes`. Quicker than to fill [`SharedMemory::new`]: the system copies into pages that it need not
    /// clear and map first.
    ///
    /// # Errors
    /// As [`SharedMemory::new`].
    pub fn of(bytes: &[u8]) -> io::Result<Self> {
        if bytes.is_empty() {
            return Self::new(0);
        }
        let mut file = anonymous_file(bytes.len())?;
        file.write_all(bytes)?;
        Self::map(file, bytes.len())
    }

    /// Seals and maps a file of this size.
    fn map(file: File, bytes: usize) -> io::Result<Self> {
        fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW)?;
        // SAFETY: the file is new and of this size for good (sealed), so that no access can lie beyond its end. Nobody
        // else has it yet; a peer that gets it through `handle` maps it for reading only (`ReceivedMemory`).
        let map = unsafe { MmapOptions::new().len(bytes).map_mut(&file) }?;
        Ok(Self { map, file })
    }

    /// For [`crate::channel::Sender::send`].
    pub fn handle(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    /// Everything, to read.
    pub fn bytes(&self) -> &[u8] {
        &self.map
    }

    /// Everything, to fill.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.map
    }

    /// Everything, as numbers of two bytes in this machine's order.
    pub fn numbers(&self) -> &[i16] {
        as_numbers(&self.map)
    }

    /// Everything, as numbers of two bytes in this machine's order, to fill.
    pub fn numbers_mut(&mut self) -> &mut [i16] {
        // SAFETY: every pattern of 16 bits is an i16; `align_to_mut` takes care of alignment and length.
        unsafe { self.map.align_to_mut::<i16>().1 }
    }

    /// Ends all writing, here and everywhere, and gives the handle to send: what the peer then reads can't change.
    ///
    /// # Errors
    /// When the system refuses the seal.
    pub fn freeze(self) -> io::Result<OwnedFd> {
        let Self { map, file } = self;
        drop(map);
        fcntl_add_seals(&file, SealFlags::WRITE | SealFlags::SEAL)?;
        Ok(file.into())
    }
}

/// Whether the maker of received memory may still write to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// It is frozen.
    NoMore,
    /// The maker promises not to while it is in use here.
    ByPromise,
}

/// Memory that another process made.
#[derive(Debug)]
pub struct ReceivedMemory {
    map: Mmap,
}

impl ReceivedMemory {
    /// Maps `bytes` of it for reading.
    ///
    /// # Errors
    /// When it holds fewer bytes, could shrink, or could be written to in spite of [`Written::NoMore`].
    pub fn open(handle: OwnedFd, bytes: usize, written: Written) -> io::Result<Self> {
        let file = File::from(handle);
        let refuse = |why: String| io::Error::new(io::ErrorKind::InvalidData, why);
        let seals = fcntl_get_seals(&file).map_err(|e| refuse(format!("the handle is not of shared memory ({e})")))?;
        if !seals.contains(SealFlags::SHRINK) || (written == Written::NoMore && !seals.contains(SealFlags::WRITE)) {
            return Err(refuse(format!("the shared memory is not sealed as it must be ({seals:?})")));
        }
        let held = file.metadata()?.len();
        if held < bytes as u64 {
            return Err(refuse(format!("the shared memory holds {held} bytes, {bytes} are needed")));
        }
        // SAFETY: the file holds that many bytes for good (sealed against shrinking), so that no access can lie beyond
        // its end. What is read does not change: it is sealed against writing, or its maker is the host that started
        // this process and whose `SharedVolume` can't be written to while a job holds it.
        let map = unsafe { MmapOptions::new().len(bytes.max(1)).populate().map(&file) }?;
        Ok(Self { map })
    }

    /// Everything.
    pub fn bytes(&self) -> &[u8] {
        &self.map
    }

    /// Everything, as numbers of two bytes in this machine's order.
    pub fn numbers(&self) -> &[i16] {
        as_numbers(&self.map)
    }
}

/// An empty file without a name that can be sealed, where the system has so much memory left.
fn anonymous_file(bytes: usize) -> io::Result<File> {
    // Asked first: the system would end some process for want of memory rather than refuse.
    if let Some(available) = available_bytes().filter(|&n| n < bytes as u64) {
        let why = format!("{bytes} bytes are needed, {available} bytes of memory are left");
        return Err(io::Error::new(io::ErrorKind::OutOfMemory, why));
    }
    Ok(File::from(memfd_create(NAME, MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?))
}

/// Memory that the system could give; `None` where it does not tell.
fn available_bytes() -> Option<u64> {
    let told = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = told.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// Numbers as they lie in memory.
pub(crate) fn as_bytes(numbers: &[i16]) -> &[u8] {
    // SAFETY: every byte of an i16 is a u8, which needs no alignment; `align_to` takes care of the length.
    unsafe { numbers.align_to::<u8>().1 }
}

fn as_numbers(bytes: &[u8]) -> &[i16] {
    // SAFETY: every pattern of 16 bits is an i16; `align_to` takes care of alignment and length.
    unsafe { bytes.align_to::<i16>().1 }
}

#[cfg(test)]
mod tests {
    use rustix::fs::ftruncate;

    use super::*;

    #[test]
    fn what_one_side_writes_the_other_reads() {
        let mut made = SharedMemory::new(6).expect("memory");
        made.numbers_mut().copy_from_slice(&[1, -2, i16::MIN]);
        let got = ReceivedMemory::open(made.freeze().expect("a seal"), 6, Written::NoMore).expect("memory");
        assert_eq!(got.numbers(), [1, -2, i16::MIN]);
    }

    #[test]
    fn memory_that_could_shrink_or_is_too_small_is_refused() {
        let small = SharedMemory::new(100).expect("memory");
        let again = |m: &SharedMemory| m.handle().try_clone_to_owned().expect("a handle");
        let error = ReceivedMemory::open(again(&small), 101, Written::ByPromise).expect_err("too small");
        assert!(error.to_string().contains("100 bytes, 101 are needed"), "{error}");
        assert!(ReceivedMemory::open(again(&small), 100, Written::NoMore).is_err(), "it is not frozen");
        assert!(ReceivedMemory::open(again(&small), 100, Written::ByPromise).is_ok());

        let loose = memfd_create(NAME, MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).expect("a file");
        ftruncate(&loose, 100).expect("a size");
        let error = ReceivedMemory::open(loose, 100, Written::ByPromise).expect_err("not sealed");
        assert!(error.to_string().contains("not sealed"), "{error}");
        let file = tempfile::tempfile().expect("a file");
        assert!(ReceivedMemory::open(file.into(), 0, Written::ByPromise).is_err(), "a file of a disk");
    }

    #[test]
    fn a_copy_is_the_same_as_what_is_filled_in() {
        for bytes in [&[][..], &[7], &[1; 5000]] {
            let copy = SharedMemory::of(bytes).expect("memory");
            assert_eq!(&copy.bytes()[..bytes.len()], bytes);
            assert!(ReceivedMemory::open(copy.freeze().expect("a seal"), bytes.len(), Written::NoMore).is_ok());
        }
    }

    #[test]
    fn nobody_can_shrink_it() {
        let memory = SharedMemory::new(4096).expect("memory");
        assert!(ftruncate(memory.handle(), 0).is_err());
        assert_eq!(memory.bytes().len(), 4096);
    }
}
