//! What C hands over, made safe: the only file of this crate with `unsafe` code.
//!
//! Every parameter of an exported function has one of these types. A value of such a type comes from C alone (there is no
//! way to make one in safe Rust), and `tmli.h` tells the caller what must hold for it; that is the ground on which the
//! SAFETY comments stand. Handles need no type of their own: `Option<&T>` and `Option<Box<T>>` are pointers that may be
//! NULL.

use std::{
    ffi::{CStr, CString, c_char},
    marker::PhantomData,
    mem::MaybeUninit,
};

use tmli_api::{ApiError, ErrorNumber};

#[cfg(test)]
use crate::error::{Error, Outcome};

fn is_null(what: &str) -> ApiError {
    ApiError::new(ErrorNumber::NullArgument, format!("{what} is NULL"))
}

/// A handle that must not be NULL.
pub(crate) fn given<T>(handle: Option<T>, what: &str) -> Result<T, ApiError> {
    handle.ok_or_else(|| is_null(what))
}

/// A text from C: NULL, or zero-terminated.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Text<'a>(*const c_char, PhantomData<&'a c_char>);

impl<'a> Text<'a> {
    /// No text.
    pub(crate) const NULL: Self = Self(std::ptr::null(), PhantomData);

    /// The text, or `None` for NULL.
    pub(crate) fn optional(self, what: &str) -> Result<Option<&'a str>, ApiError> {
        if self.0.is_null() {
            return Ok(None);
        }
        // SAFETY: not NULL, and tmli.h demands a zero-terminated text that stays unchanged during the call.
        let text = unsafe { CStr::from_ptr(self.0) };
        let refused = |_| ApiError::new(ErrorNumber::Text, format!("{what} is not UTF-8"));
        text.to_str().map(Some).map_err(refused)
    }

    /// The text; NULL is an error.
    pub(crate) fn needed(self, what: &str) -> Result<&'a str, ApiError> {
        self.optional(what)?.ok_or_else(|| is_null(what))
    }
}

/// Checks what `from_raw_parts` needs besides a pointer that points to something.
fn check_slice<T>(start: *const T, count: usize, what: &str) -> Result<(), ApiError> {
    if start.is_null() {
        return Err(is_null(what));
    }
    if !start.is_aligned() {
        let message = format!("{what} does not start at a multiple of {} bytes", align_of::<T>());
        return Err(ApiError::new(ErrorNumber::Alignment, message));
    }
    match count.checked_mul(size_of::<T>()) {
        Some(bytes) if bytes <= isize::MAX as usize => Ok(()),
        _ => {
            let message = format!("{what} can't hold {count} values: that is more than memory can address");
            Err(ApiError::new(ErrorNumber::SizeOverflow, message))
        }
    }
}

/// Values in memory of the caller, to be read.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Buffer<'a, T>(*const T, PhantomData<&'a [T]>);

impl<'a, T> Buffer<'a, T> {
    /// No memory.
    pub(crate) const NULL: Self = Self(std::ptr::null(), PhantomData);

    /// Its first `count` values; NULL is allowed for none.
    pub(crate) fn values(self, count: usize, what: &str) -> Result<&'a [T], ApiError> {
        if count == 0 {
            return Ok(&[]);
        }
        check_slice(self.0, count, what)?;
        // SAFETY: not NULL, aligned, not longer than memory; tmli.h demands `count` values that stay unchanged during the
        // call.
        Ok(unsafe { std::slice::from_raw_parts(self.0, count) })
    }

    /// Its first `count` values, for longer than this call.
    pub(crate) fn lend(self, count: usize, what: &str) -> Result<Lent<T>, ApiError> {
        check_slice(self.0, count, what)?;
        Ok(Lent { start: self.0, count })
    }
}

/// Memory of the caller that a handle goes on reading after the call that made it.
#[derive(Debug)]
pub(crate) struct Lent<T> {
    start: *const T,
    count: usize,
}

// SAFETY: the memory is only ever read, and tmli.h demands that nobody changes it while it is lent.
unsafe impl<T: Sync> Send for Lent<T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for Lent<T> {}

impl<T> Lent<T> {
    /// The values.
    pub(crate) fn values(&self) -> &[T] {
        // SAFETY: checked by `Buffer::lend`; tmli.h demands that the memory lives, unchanged, as long as the handle that
        // was made from it and all handles that share it.
        unsafe { std::slice::from_raw_parts(self.start, self.count) }
    }
}

/// Memory of the caller, to be written.
#[derive(Debug)]
#[repr(transparent)]
pub struct BufferMut<'a, T>(*mut T, PhantomData<&'a mut [T]>);

impl<'a, T: Copy> BufferMut<'a, T> {
    /// Room for `count` values.
    pub(crate) fn room(self, count: usize, what: &str) -> Result<&'a mut [MaybeUninit<T>], ApiError> {
        if count == 0 {
            return Ok(&mut []);
        }
        check_slice(self.0, count, what)?;
        // SAFETY: not NULL, aligned, not longer than memory; tmli.h demands room for `count` values that nobody else uses
        // during the call. Nothing is read from it.
        Ok(unsafe { std::slice::from_raw_parts_mut(self.0.cast(), count) })
    }
}

/// An out-parameter: written on success only.
#[derive(Debug)]
#[repr(transparent)]
pub struct Out<'a, T>(Option<&'a mut MaybeUninit<T>>);

impl<'a, T> Out<'a, T> {
    /// The place to write to; NULL is an error. Asked for before any work is done.
    pub(crate) fn needed(self, what: &str) -> Result<Slot<'a, T>, ApiError> {
        self.0.map(Slot).ok_or_else(|| is_null(what))
    }

    /// The place to write to, if the caller wants the value.
    pub(crate) fn optional(self) -> Option<Slot<'a, T>> {
        self.0.map(Slot)
    }
}

/// The place of an out-parameter that is there.
#[derive(Debug)]
pub(crate) struct Slot<'a, T>(&'a mut MaybeUninit<T>);

impl<T> Slot<'_, T> {
    /// Writes the value. What was there before is not looked at.
    pub(crate) fn put(self, value: T) {
        self.0.write(value);
    }
}

/// A text for C; zero bytes, which C can't hold, become spaces.
pub(crate) fn c_text(text: &str) -> CString {
    CString::new(text.replace('\0', " ")).unwrap_or_default()
}

#[cfg(test)]
impl<'a> Text<'a> {
    /// As a C caller would hand it over.
    pub(crate) fn from_c(text: &'a CStr) -> Self {
        Self(text.as_ptr(), PhantomData)
    }
}

#[cfg(test)]
impl<'a, T> Buffer<'a, T> {
    pub(crate) fn from_slice(values: &'a [T]) -> Self {
        Self(values.as_ptr(), PhantomData)
    }
}

#[cfg(test)]
impl<'a, T> BufferMut<'a, T> {
    pub(crate) fn from_slice(values: &'a mut [T]) -> Self {
        Self(values.as_mut_ptr(), PhantomData)
    }
}

#[cfg(test)]
impl<T> Out<'_, T> {
    pub(crate) const NULL: Self = Self(None);
}

/// What a call writes to its out-parameter, or its error.
#[cfg(test)]
pub(crate) fn received<T>(call: impl FnOnce(Out<'_, T>) -> Outcome) -> Result<T, Box<Error>> {
    let mut slot = MaybeUninit::uninit();
    match call(Out(Some(&mut slot))) {
        // SAFETY: tmli.h promises that a call that succeeds has written.
        None => Ok(unsafe { slot.assume_init() }),
        Some(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_misaligned_and_endless_buffers_are_refused() {
        let number = |result: Result<&[i16], ApiError>| result.unwrap_err().number;
        assert_eq!(number(Buffer::NULL.values(1, "voxels")), ErrorNumber::NullArgument);
        let odd = Buffer(std::ptr::without_provenance::<i16>(3), PhantomData);
        assert_eq!(number(odd.values(1, "voxels")), ErrorNumber::Alignment);
        let endless = Buffer::from_slice(&[0_i16]);
        assert_eq!(number(endless.values(usize::MAX, "voxels")), ErrorNumber::SizeOverflow);
        assert_eq!(number(endless.values(isize::MAX as usize, "voxels")), ErrorNumber::SizeOverflow);
        assert!(Buffer::<i16>::NULL.values(0, "voxels").unwrap().is_empty());
    }

    #[test]
    fn text_that_is_not_utf_8_is_refused() {
        assert_eq!(Text::from_c(c"Gr\xf6\xdfe").needed("name").unwrap_err().number, ErrorNumber::Text);
        assert_eq!(Text::from_c(c"Größe").needed("name"), Ok("Größe"));
        assert_eq!(Text::NULL.needed("name").unwrap_err().message, "name is NULL");
    }
}
