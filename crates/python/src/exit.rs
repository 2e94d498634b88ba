//! What becomes of the threads of Python when the program ends.
//!
//! While the interpreter finalizes, `CPython` before 3.14 ends every other thread that asks for the
//! GIL, by `pthread_exit`. glibc then unwinds the stack of the thread. If there are frames of Rust
//! on it, the process aborts: one of them catches what it cannot catch, or frees Python's objects
//! without the GIL. The thread may ask for the GIL in any code of Python's that we call: the
//! user's generators and callbacks, asyncio, a class of exceptions, a finalizer. So none of our
//! own code can ask beforehand whether it may go on.
//!
//! glibc can: it calls the cleanup handlers of the thread before it unwinds the first frame. A
//! thread registers such a handler when it first enters this module from Python, or when we start
//! it and it may free Python's objects. While the program ends the handler never returns. The
//! thread sleeps until the process is gone, as in `CPython` 3.14 and newer.
//!
//! Other systems end a thread without unwinding its stack.
#![cfg_attr(
    all(target_os = "linux", target_env = "gnu"),
    expect(
        unsafe_code,
        reason = "glibc asks only its cleanup handlers before it unwinds a stack; without one a \
            daemon thread that uses a client can abort the program at its end"
    )
)]

#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(crate) use glibc::protect_thread;

/// Does nothing where no stack is unwound.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) fn protect_thread() {}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod glibc {
    use std::cell::{Cell, RefCell};
    use std::ffi::{c_int, c_void};
    use std::thread;
    use std::time::Duration;

    use crate::runtime;

    /// `struct _pthread_cleanup_buffer` of `pthread.h`; glibc fills it in.
    #[repr(C)]
    #[derive(Default)]
    struct Buffer {
        routine: Option<unsafe extern "C" fn(*mut c_void)>,
        argument: usize,
        cancel_type: c_int,
        previous: usize,
    }

    unsafe extern "C" {
        fn _pthread_cleanup_push(
            buffer: *mut Buffer,
            routine: unsafe extern "C" fn(*mut c_void),
            argument: *mut c_void,
        );
        fn _pthread_cleanup_pop(buffer: *mut Buffer, execute: c_int);
    }

    thread_local! {
        static IS_PROTECTED: Cell<bool> = const { Cell::new(false) };
        static HANDLER: RefCell<Option<Handler>> = const { RefCell::new(None) };
    }

    /// Keeps the end of the interpreter from unwinding this thread. Every function that Python
    /// calls begins with it.
    #[inline]
    pub(crate) fn protect_thread() {
        if !IS_PROTECTED.get() {
            register();
        }
    }

    #[cold]
    fn register() {
        IS_PROTECTED.set(true);
        // A thread that is at its end has no more variables, and no frames below this one.
        let _ = HANDLER.try_with(|handler| handler.replace(Some(Handler::new())));
    }

    /// A cleanup handler that is registered for the thread that made it.
    ///
    /// The buffer is not on the stack: glibc calls a handler when the frames before it are unwound,
    /// and takes one that is elsewhere for the innermost.
    struct Handler(*mut Buffer);

    impl Handler {
        fn new() -> Self {
            let buffer = Box::into_raw(Box::default());
            // SAFETY: the buffer lives until the handler is removed, and nobody else touches it.
            unsafe { _pthread_cleanup_push(buffer, stay, std::ptr::null_mut()) };
            Self(buffer)
        }
    }

    impl Drop for Handler {
        /// The thread ends by itself.
        fn drop(&mut self) {
            // SAFETY: this thread registered the buffer; glibc forgets it before it is freed.
            unsafe {
                _pthread_cleanup_pop(self.0, 0);
                drop(Box::from_raw(self.0));
            }
        }
    }

    /// The handler.
    unsafe extern "C" fn stay(_: *mut c_void) {
        while runtime::has_ended() {
            thread::sleep(Duration::MAX);
        }
    }
}
