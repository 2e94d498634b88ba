//! Protects Python's threads from having their stacks unwound when the program ends.
//!
//! While the interpreter finalizes, `CPython` before 3.14 calls `pthread_exit` in every other
//! thread that requests the GIL. glibc then unwinds the stack of that thread. Rust frames on such a
//! stack would catch an exception that must not be caught, or free Python objects without the GIL.
//! The process would then abort or crash. A thread may request the GIL in any Python code that it
//! runs: generators and callbacks of the user, asyncio, exception classes, and finalizers. A check
//! in the Rust code of this module would therefore not happen early enough.
//!
//! When a thread calls `pthread_exit`, glibc runs the cleanup handlers of the thread before it
//! unwinds the first frame. A thread registers a cleanup handler when it first enters this native
//! module from Python. The threads that this module starts register a handler if they can free
//! Python objects. While the program ends, the cleanup handler does not return. Its thread sleeps until
//! the process has ended, as in `CPython` 3.14.
//!
//! Systems other than Linux with glibc end a thread without unwinding the thread's stack.
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

/// On systems that do not unwind a thread's stack, this function does nothing.
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

    /// The C struct `_pthread_cleanup_buffer` from `pthread.h`, whose fields are set by glibc.
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

    /// Protects this thread from being unwound when the interpreter ends. Every native function
    /// that Python calls begins with a call of `protect_thread`. Every function that frees an
    /// object with references to Python objects also begins with a call of `protect_thread`.
    #[inline]
    pub(crate) fn protect_thread() {
        if !IS_PROTECTED.get() {
            register();
        }
    }

    #[cold]
    fn register() {
        IS_PROTECTED.set(true);
        // The registration of the handler fails only if the thread is already ending normally.
        let _ = HANDLER.try_with(|handler| handler.replace(Some(Handler::new())));
    }

    /// A cleanup handler of glibc, registered for the thread that created this value.
    ///
    /// The handler's buffer is on the heap and not on the stack. A handler whose buffer is in a
    /// stack frame is called when glibc leaves that frame. If no stack frame contains the handler's
    /// buffer, glibc calls the handler before it unwinds the first frame.
    struct Handler(*mut Buffer);

    impl Handler {
        fn new() -> Self {
            let buffer = Box::into_raw(Box::default());
            // SAFETY: only glibc uses the buffer until `drop` unregisters the handler, and the
            // handler itself unwinds nothing.
            unsafe { _pthread_cleanup_push(buffer, stay, std::ptr::null_mut()) };
            Self(buffer)
        }
    }

    impl Drop for Handler {
        /// Unregisters the handler when the thread ends normally.
        fn drop(&mut self) {
            // SAFETY: the buffer is a box that this thread registered, because the thread-local
            // cell is not shared between threads. glibc forgets the buffer before the box is freed.
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

    /// Returns whether the program is ending. The function works even if a thread was still
    /// importing this module, so that the module was not notified of the end.
    fn is_ending() -> bool {
        // SAFETY: `Py_IsInitialized` only reads one number, and may be called at any time.
        runtime::has_ended() || unsafe { ffi::Py_IsInitialized() } == 0
    }
}
