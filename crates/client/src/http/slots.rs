//! Limits the number of concurrent requests, and explains which requests hold the slots.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::deadline::Deadline;
use crate::error::Error;

/// The slots that limit the number of concurrent requests. Clones of this value share the slots.
#[derive(Clone)]
pub(super) struct Slots {
    free: Arc<Semaphore>,
    count: usize,
    /// The number of slots that streams hold.
    streams: Arc<AtomicUsize>,
}

/// The slot that one request holds until this value is dropped.
pub(super) struct Slot {
    _permit: OwnedSemaphorePermit,
    _stream: Option<Stream>,
}

/// A marker that counts as one open stream until it is dropped.
struct Stream(Arc<AtomicUsize>);

impl Slots {
    pub(super) fn new(count: usize) -> Self {
        let count = count.min(Semaphore::MAX_PERMITS);
        Self {
            free: Arc::new(Semaphore::new(count)),
            count,
            streams: Arc::default(),
        }
    }

    /// Waits for a free slot. A stream keeps its slot until its reader has finished or dropped it.
    pub(super) async fn take(&self, is_stream: bool, total: Deadline) -> Result<Slot, Error> {
        let taking = pin!(Arc::clone(&self.free).acquire_owned());
        let taken = total.run(taking).await;
        let permit = taken.map_err(|error| error.because(&self.occupied()))?;
        let permit = permit.map_err(|_| Error::transport("the client is closed"))?;
        Ok(Slot {
            _permit: permit,
            _stream: is_stream.then(|| Stream::new(&self.streams)),
        })
    }

    /// Explains why there is no free slot, and what the user can do.
    fn occupied(&self) -> String {
        let open = self.count.saturating_sub(self.free.available_permits());
        let open = match open {
            1 => "1 request of this client is open".to_owned(),
            open => format!("{open} requests of this client are open"),
        };
        let streams = match self.streams.load(Ordering::Relaxed) {
            0 => return format!("{open}; hint: send fewer requests at once, or wait longer"),
            1 => "1 of them a stream that was not closed".to_owned(),
            streams => format!("{streams} of them streams that were not closed"),
        };
        format!("{open}, {streams}; hint: read streams to their end, or close them")
    }
}

impl Stream {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::error::Limit;

    #[tokio::test]
    async fn who_gets_no_slot_is_told_what_holds_them() {
        let limit = || Deadline::new(Some(Duration::from_millis(1)), Limit::Total);
        let none = Deadline::new(None, Limit::Total);
        let slots = Slots::new(1);
        let start = "not done within 1ms (`timeout`): 1 request of this client is open";
        let held = slots.take(false, none).await.unwrap();
        let error = slots.take(true, limit()).await.err().unwrap();
        let text = format!("{start}; hint: send fewer requests at once, or wait longer");
        assert_eq!(error.to_string(), text);
        drop(held);
        let held = slots.take(true, none).await.unwrap();
        let error = slots.take(false, limit()).await.err().unwrap();
        let text = format!(
            "{start}, 1 of them a stream that was not closed; hint: read streams to their end, or \
             close them"
        );
        assert_eq!(error.to_string(), text);
        drop(held);
        slots.take(false, limit()).await.unwrap();
    }
}
