//! Decoding ahead: a separate thread decodes the next batch while Python makes objects of the
//! previous one.

use std::io;
use std::sync::mpsc::{Receiver, sync_channel};
use std::{thread, vec};

use crate::runtime;

/// Items that are passed at a time, once there are enough: the two threads then wake each other
/// less often. The first item is passed alone, because the consumer waits for it.
const TOGETHER: usize = 4;

/// An iterator that runs on another thread, ahead of its consumer: some items wait, some are being
/// made.
pub(super) struct Ahead<T> {
    /// The items that were passed.
    here: vec::IntoIter<T>,
    /// Whether more items follow. The last message has none: if the channel ends without it, the
    /// thread ended too early.
    more: Receiver<Vec<T>>,
    /// After a fork the channel exists, but the thread does not.
    process: u32,
}

impl<T: Send + 'static> Ahead<T> {
    /// Starts a thread for `items`. It ends when the iterator is dropped.
    pub(super) fn new(mut items: impl Iterator<Item = T> + Send + 'static) -> io::Result<Self> {
        // Without a buffer the two threads would wait for each other each time, and mostly run
        // alternately.
        let (sender, receiver) = sync_channel(1);
        let run = move || {
            let mut together = 1;
            loop {
                let some: Vec<T> = items.by_ref().take(together).collect();
                let is_last = some.is_empty();
                if sender.send(some).is_err() || is_last {
                    break;
                }
                together = TOGETHER.min(2 * together);
            }
        };
        thread::Builder::new()
            .name("aioinflux-decode".to_owned())
            .spawn(run)?;
        Ok(Self {
            here: Vec::new().into_iter(),
            more: receiver,
            process: runtime::process(),
        })
    }

    /// The next item, or the reason why there is none.
    pub(super) fn next(&mut self) -> Result<Option<T>, &'static str> {
        if runtime::process() != self.process {
            return Err("a chunked answer cannot be continued in another process");
        }
        if let Some(item) = self.here.next() {
            return Ok(Some(item));
        }
        let more = self.more.recv();
        self.here = more
            .map_err(|_| "the thread that decodes the answer ended too early")?
            .into_iter();
        Ok(self.here.next())
    }
}
