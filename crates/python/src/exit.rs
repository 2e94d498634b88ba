//! Protects Python's threads from being unwound when the program ends.
//!
//! While the interpreter finalizes, `CPython` before 3.14 calls `pthread_exit` in every other
//! thread that requests the GIL. glibc then unwinds the stack of that thread. Rust frames on such a
//! stack catch an exception that must not be caught, or free Python objects without the GIL, and
//! the process aborts or crashes. The thread may request the GIL in any Python code that we call:
//! generators and callbacks of the user, asyncio, exception classes, and finalizers. Therefore no
//! check in our own code happens early enough.
//!
//! glibc calls the cleanup handlers of a thread before it unwinds the first frame. A thread
//! registers a cleanup handler when it first enters this module from Python; a thread that we start
//! registers one if it may free Python objects. While the program ends, the handler does not
//! return: the thread sleeps until the process has ended, as in `CPython` 3.14.
//!
//! Other systems end a thread without unwinding its stack.
#![cfg_attr(
    all(target_os = "linux", target_env = "gnu"),
    expect(
        unsafe_code,
        reason = "glibc alone can be asked before a stack is unwound, by functions of C; without it \
            daemon threads that use a client abort the program at its end"
    )
)]

#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(crate) use glibc::protect_thread;

/// Does nothing on systems that do not unwind stacks.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) fn protect_thread() {}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod glibc {
    use std::cell::{Cell, RefCell};
    use std::ffi::{c_int, c_void};
    use std::thread;
    use std::time::Duration;

    use pyo3::ffi;

    use crate::runtime;

    /// The C struct `_pthread_cleanup_buffer` of `pthread.h`, which glibc initializes.
    #[repr(C)]
    #[derive(Default)]
    struct Buffer {
        routine: Option<extern "C" fn(*mut c_void)>,
        argument: usize,
        cancel_type: c_int,
        previous: usize,
    }

    unsafe extern "C" {
        fn _pthread_cleanup_push(
            buffer: *mut Buffer,
            routine: extern "C" fn(*mut c_void),
            argument: *mut c_void,
        );
        fn _pthread_cleanup_pop(buffer: *mut Buffer, execute: c_int);
    }

    thread_local! {
        static IS_PROTECTED: Cell<bool> = const { Cell::new(false) };
        static HANDLER: RefCell<Option<Handler>> = const { RefCell::new(None) };
    }

    /// Protects this thread from being unwound when the interpreter ends. Every function that
    /// Python calls begins with a call of this function. Every function that frees an object with
    /// references to Python objects begins with this call too.
    #[inline]
    pub(crate) fn protect_thread() {
        if !IS_PROTECTED.get() {
            register();
        }
    }

    #[cold]
    fn register() {
        IS_PROTECTED.set(true);
        // The registration fails only if the thread is already ending normally.
        let _ = HANDLER.try_with(|handler| handler.replace(Some(Handler::new())));
    }

    /// A cleanup handler, registered for the thread that created it.
    ///
    /// The buffer is not on the stack. glibc calls a handler when it leaves the stack frame that
    /// contains the handler's buffer. If no frame contains the buffer, glibc calls the handler
    /// before it unwinds the first frame.
    struct Handler(*mut Buffer);

    impl Handler {
        fn new() -> Self {
            let buffer = Box::into_raw(Box::default());
            // SAFETY: only glibc uses the buffer until `drop` unregisters the handler, and the
            // handler unwinds nothing.
            unsafe { _pthread_cleanup_push(buffer, stay, std::ptr::null_mut()) };
            Self(buffer)
        }
    }

    impl Drop for Handler {
        /// Unregisters the handler when the thread ends normally.
        fn drop(&mut self) {
            // SAFETY: the buffer is a box that this thread registered, because the cell is not
            // shared between threads. glibc forgets the buffer before it is freed.
            unsafe {
                _pthread_cleanup_pop(self.0, 0);
                drop(Box::from_raw(self.0));
            }
        }
    }

    /// The handler.
    extern "C" fn stay(_: *mut c_void) {
        while is_ending() {
            thread::sleep(Duration::MAX);
        }
    }

    /// Returns whether the program is ending, even if this module was not notified because a thread
    /// was still importing it.
    fn is_ending() -> bool {
        // SAFETY: the call reads one number and is allowed at any time.
        runtime::has_ended() || unsafe { ffi::Py_IsInitialized() } == 0
    }
}
