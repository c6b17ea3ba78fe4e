//! The end of the process, and whose child it is: the other place with unsafe code.
#![allow(unsafe_code)]

/// Ends the process at once: no destructors, no waiting for threads that compute.
pub(super) fn now() -> ! {
    // SAFETY: `_exit` ends the process without running anything of it, so that nothing can be found half done.
    unsafe { libc::_exit(0) }
}

/// The process that started this one, or the one that adopted it.
pub(super) fn parent() -> u32 {
    std::os::unix::process::parent_id()
}
