//! One of the two places with unsafe code: telling glibc's allocator that memory is short.
#![allow(unsafe_code)]

/// Gives back to the system what has been freed, and from now on every block of 1 MB or more as soon as it is freed.
///
/// Otherwise glibc keeps freed blocks of up to 32 MB, in pieces that a smaller attempt may not fit into: a run that
/// failed for want of memory left half of a gigabyte unusable. It costs time (each image of a network is paged in anew, a
/// run takes about twice as much processor time), so that it is done when memory has run out and not before.
pub(crate) fn memory_is_short() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        const GIVEN_BACK_AT_ONCE: libc::c_int = 1 << 20;
        // SAFETY: both functions take no pointers, may be called at any time from any thread, and lock the allocator
        // themselves; a parameter that glibc does not know or accept is refused by its result.
        unsafe {
            libc::mallopt(libc::M_MMAP_THRESHOLD, GIVEN_BACK_AT_ONCE);
            libc::malloc_trim(0);
        }
    }
}
