//! What happens to Python's threads when the program ends.
//!
//! While the interpreter finalizes, `CPython` before 3.14 ends every other thread that requests the
//! GIL with `pthread_exit`. glibc then unwinds the stack of the thread. If Rust frames are on it,
//! they catch an exception that must not be caught, or free Python objects without the GIL, and the
//! process aborts or crashes. The thread may request the GIL in any Python code that we call:
//! generators and callbacks of the user, asyncio, exception classes, finalizers. So no check in our
//! own code is early enough.
//!
//! glibc calls the cleanup handlers of a thread before it unwinds the first frame. A thread
//! registers one when it first enters this module from Python, and when we start it and it may free
//! Python objects. While the program ends, the handler does not return: the thread sleeps until the
//! process has ended, as in `CPython` 3.14.
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

/// Does nothing if stacks are not unwound.
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

    /// `struct _pthread_cleanup_buffer` of `pthread.h`, which glibc initializes.
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
    /// Python calls begins with this. So does everything that frees an object with references to
    /// Python objects.
    #[inline]
    pub(crate) fn protect_thread() {
        if !IS_PROTECTED.get() {
            register();
        }
    }

    #[cold]
    fn register() {
        IS_PROTECTED.set(true);
        // It fails only if the thread is already ending normally.
        let _ = HANDLER.try_with(|handler| handler.replace(Some(Handler::new())));
    }

    /// A cleanup handler, registered for the thread that created it.
    ///
    /// The buffer is not on the stack. glibc calls a handler when it leaves the frame that contains
    /// the buffer. If no frame does, that is before the first frame.
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
        /// The thread ends normally.
        fn drop(&mut self) {
            // SAFETY: the buffer is a box that this thread registered: the cell is not shared.
            // glibc forgets it before it is freed.
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

    /// Whether the program is ending, even if this module was not told because a thread was still
    /// importing it.
    fn is_ending() -> bool {
        // SAFETY: it reads one number and may be called at any time.
        runtime::has_ended() || unsafe { ffi::Py_IsInitialized() } == 0
    }
}
