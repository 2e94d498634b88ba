//! Encodes ranges of rows into batches, on the thread of the caller or on several threads.
//!
//! One thread encodes a range, and its batches pass through a channel of their own with a small
//! capacity. A thread that is ahead waits, so memory is bounded for any size of the table. Batches
//! are taken range by range, so neither their order nor their boundaries depend on the threads.
//!
//! The caller is one of the threads: while the next batch is not ready, it encodes another range.
//! So it rarely needs a wake-up.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::{mem, thread};

use aioinflux_line::{Batch, Dialect, Encoder, RemovedNewlines};
use arrow_array::RecordBatch;

use super::out::Out;
use super::plan::{Memory, Plan};
use super::{FrameError, FrameLayout, FrameOptions};

/// Bytes of batches that wait or are being made. Above this limit no further range is begun.
const AHEAD: usize = 40 << 20;
/// Messages of one range that may wait: rows of a kilobyte make three batches and the end, so that
/// no thread waits for one that is behind.
const WAITING: usize = 4;
/// Bytes of memory that are kept for reuse.
const KEPT: usize = 24 << 20;
/// What a batch may need in addition to the longest one so far.
const SLACK: usize = 64 << 10;

/// The memory of batches that were already sent.
#[derive(Clone, Debug, Default)]
pub struct Spares(Arc<Mutex<Vec<Batch>>>);

impl Spares {
    /// Stores the memory of a batch for reuse; the lines of the batch are lost. If too much memory
    /// would be kept, the smallest batch is freed.
    pub fn put(&self, batch: Batch) {
        let mut spares = self.lock();
        let place = spares.partition_point(|spare| spare.capacity() <= batch.capacity());
        spares.insert(place, batch);
        let mut kept: usize = spares.iter().map(Batch::capacity).sum();
        while kept > KEPT {
            kept -= spares.remove(0).capacity();
        }
    }

    /// Returns the largest spare batch, or a new batch for `dialect` if there is no spare batch.
    /// The content of the returned batch is meaningless.
    pub fn get(&self, dialect: Dialect) -> Batch {
        self.lock().pop().unwrap_or_else(|| Batch::new(dialect))
    }

    /// The smallest comes first.
    fn lock(&self) -> MutexGuard<'_, Vec<Batch>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What all threads of one table share.
struct Shared {
    layout: FrameLayout,
    options: FrameOptions,
    memory: Memory,
    spares: Spares,
    /// Bytes of the longest batch so far.
    longest: AtomicUsize,
}

impl Shared {
    /// Memory for a batch like those so far, allocated at once, because growing memory is moved
    /// repeatedly.
    fn spare(&self) -> Batch {
        let mut spare = self.spares.get(self.options.line.dialect());
        let longest = self.longest.load(Ordering::Relaxed);
        if longest > 0 {
            // A line that makes a batch by itself does not predict the size of later batches.
            spare.reserve(longest.min(self.options.batch_bytes) + SLACK);
        }
        spare
    }
}

/// Consecutive rows, of one or more record batches.
struct Range {
    pieces: VecDeque<RecordBatch>,
    /// Index of the first row that is not encoded.
    index: u64,
    /// Its first batch allocates memory: waiting ranges have none.
    encoder: Option<Encoder>,
}

/// A range that no thread has begun.
struct Job {
    /// Its index among all ranges.
    number: usize,
    range: Range,
    /// Where its batches are sent.
    sender: SyncSender<Message>,
}

/// The ranges that no thread has begun.
#[derive(Default)]
struct Queue {
    jobs: Mutex<Jobs>,
    more: Condvar,
}

#[derive(Default)]
struct Jobs {
    waiting: VecDeque<Job>,
    is_over: bool,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Jobs> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, job: Job) {
        self.lock().waiting.push_back(job);
        self.more.notify_one();
    }

    /// The next job; waits for one. `None` if there will be no more.
    fn wait(&self) -> Option<Job> {
        let mut jobs = self.lock();
        loop {
            if jobs.is_over {
                return None;
            }
            match jobs.waiting.pop_front() {
                Some(job) => return Some(job),
                None => jobs = self.more.wait(jobs).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    fn end(&self) {
        let mut jobs = self.lock();
        jobs.waiting.clear();
        jobs.is_over = true;
        self.more.notify_all();
    }
}

enum Message {
    Batch(Batch),
    Error(FrameError),
    /// The range has ended. It contains the newlines that were removed from its names and tags.
    End(Option<RemovedNewlines>),
}

impl Range {
    fn new(pieces: Vec<RecordBatch>, index: u64) -> Self {
        Self {
            pieces: pieces.into(),
            index,
            encoder: None,
        }
    }

    fn next(&mut self, shared: &Shared) -> Message {
        let limit = shared.options.batch_bytes;
        let encoder = self.encoder.get_or_insert_with(|| {
            let mut encoder = Encoder::new(shared.options.line);
            encoder.take_into(shared.spare());
            encoder
        });
        while let Some(piece) = self.pieces.pop_front() {
            let plan = Plan::new(&piece, &shared.layout, shared.options.line, &shared.memory);
            let outcome = plan.and_then(|plan| {
                plan.encode(self.index, &mut Out::Batch { encoder, limit })
                    .map_err(|stopped| stopped.error)
            });
            let rows = match outcome {
                Ok(rows) => rows,
                Err(error) => return Message::Error(error),
            };
            self.index += rows as u64;
            if rows < piece.num_rows() {
                self.pieces
                    .push_front(piece.slice(rows, piece.num_rows() - rows));
            }
            if encoder.len_bytes() > limit {
                // The line that exceeds the limit begins the next batch, unless it is alone.
                let lines = encoder.batch().len().max(2) - 1;
                return Message::Batch(encoder.take_lines(lines, shared.spare()));
            }
        }
        let batch = encoder.batch();
        if batch.is_empty() && batch.skipped() == 0 {
            return Message::End(encoder.removed_newlines().cloned());
        }
        Message::Batch(encoder.take())
    }
}

/// Encodes ranges of rows into batches, and runs ahead of the caller by a bounded number of bytes.
///
/// Push ranges while there is [`room`](Self::has_room), then take batches with
/// [`next`](Self::next), and repeat. The batches are returned in the order of the ranges. Dropping
/// the workers stops each thread at its next batch.
pub struct Workers {
    shared: Arc<Shared>,
    threads: usize,
    started: usize,
    on_thread_start: fn(),
    queue: Arc<Queue>,
    waiting: VecDeque<Waiting>,
    /// Ranges that are no longer waiting.
    ended: usize,
    /// Bytes of the batches of the current range, and the maximum of a range so far.
    range_bytes: usize,
    longest_range: usize,
    removed: RemovedNewlines,
}

enum Waiting {
    /// Encoded by the caller, a few messages ahead.
    Here(Box<Range>, VecDeque<Message>),
    /// Encoded by a thread.
    There(Receiver<Message>),
}

impl Workers {
    /// Returns workers for tables of one layout. No thread is started until there is work for two
    /// threads.
    pub fn new(layout: FrameLayout, options: FrameOptions, spares: Spares) -> Self {
        Self {
            threads: options.thread_count(),
            shared: Arc::new(Shared {
                layout,
                options,
                memory: Memory::default(),
                spares,
                longest: AtomicUsize::new(0),
            }),
            started: 0,
            on_thread_start: || {},
            queue: Arc::default(),
            waiting: VecDeque::new(),
            ended: 0,
            range_bytes: 0,
            longest_range: 0,
            removed: RemovedNewlines::default(),
        }
    }

    /// Sets a function that each thread calls when it starts: on such a thread, freeing a record
    /// batch may run code that belongs to the owner of its memory.
    #[must_use]
    pub fn on_thread_start(mut self, call: fn()) -> Self {
        self.on_thread_start = call;
        self
    }

    /// Returns whether another range should be pushed before the next batch is taken.
    pub fn has_room(&self) -> bool {
        if self.threads == 1 {
            return self.waiting.is_empty();
        }
        // Each range counts with the batches that may wait and one that is being made, or as a
        // whole.
        let longest = self.shared.longest.load(Ordering::Relaxed).max(1 << 20);
        let bytes = longest * (1 + WAITING);
        let bytes = match self.longest_range {
            0 => bytes,
            whole => bytes.min(whole.max(longest)),
        };
        self.waiting.len() < (AHEAD / bytes).clamp(2, self.threads + 2)
    }

    /// Adds rows. `first` is the index of the first row, and `last` means that no range follows.
    pub fn push(&mut self, pieces: Vec<RecordBatch>, first: u64, last: bool) {
        let range = Range::new(pieces, first);
        if self.threads == 1 || (last && self.waiting.is_empty()) {
            let here = Waiting::Here(Box::new(range), VecDeque::new());
            self.waiting.push_back(here);
            return;
        }
        if self.started + 1 < self.threads {
            self.start();
        }
        let (sender, receiver) = sync_channel(WAITING);
        self.queue.push(Job {
            number: self.ended + self.waiting.len(),
            range,
            sender,
        });
        self.waiting.push_back(Waiting::There(receiver));
    }

    fn start(&mut self) {
        let (shared, queue) = (Arc::clone(&self.shared), Arc::clone(&self.queue));
        let on_start = self.on_thread_start;
        let work = move || {
            on_start();
            while let Some(job) = queue.wait() {
                work(job, &shared);
            }
        };
        let thread = thread::Builder::new().name("aioinflux-frame".into());
        match thread.spawn(work) {
            Ok(_) => self.started += 1,
            // If no more threads can be started, the existing ones do the work.
            Err(_) => self.threads = self.started + 1,
        }
    }

    /// Encodes one batch of a range that no other thread encodes. `false` if there is nothing to
    /// encode now.
    fn help(&mut self) -> bool {
        for waiting in &mut self.waiting {
            if let Waiting::Here(range, ready) = waiting
                && ready.len() < WAITING
                && matches!(ready.back(), None | Some(Message::Batch(_)))
            {
                ready.push_back(range.next(&self.shared));
                return true;
            }
        }
        let Some(job) = self.queue.lock().waiting.pop_front() else {
            return false;
        };
        let mut range = Box::new(job.range);
        let first = range.next(&self.shared);
        // Messages in the queue count as waiting too.
        self.waiting[job.number - self.ended] = Waiting::Here(range, VecDeque::from([first]));
        true
    }

    /// The next batch. `None` when all ranges are done. It has no lines if all its rows were
    /// skipped.
    ///
    /// # Errors
    /// If a row or column cannot be represented. Everything that was pushed is then dropped.
    ///
    /// # Panics
    /// If a thread panicked.
    #[expect(
        clippy::should_implement_trait,
        reason = "more can be pushed after `None`"
    )]
    pub fn next(&mut self) -> Option<Result<Batch, FrameError>> {
        loop {
            let message = match self.waiting.front_mut()? {
                Waiting::Here(range, ready) => match ready.pop_front() {
                    Some(message) => message,
                    None => range.next(&self.shared),
                },
                Waiting::There(receiver) => match receiver.try_recv() {
                    Ok(message) => message,
                    Err(TryRecvError::Empty) if self.help() => continue,
                    Err(_) => self.wait(),
                },
            };
            match message {
                Message::Batch(batch) => {
                    self.range_bytes += batch.bytes().len();
                    let longest = &self.shared.longest;
                    longest.fetch_max(batch.bytes().len(), Ordering::Relaxed);
                    return Some(Ok(batch));
                }
                Message::Error(error) => {
                    self.queue.lock().waiting.clear();
                    self.ended += self.waiting.len();
                    self.waiting.clear();
                    return Some(Err(error));
                }
                Message::End(removed) => {
                    self.waiting.pop_front();
                    self.ended += 1;
                    let bytes = mem::take(&mut self.range_bytes);
                    self.longest_range = self.longest_range.max(bytes);
                    if let Some(removed) = removed {
                        if self.removed.count == 0 {
                            self.removed.first = removed.first;
                        }
                        self.removed.count += removed.count;
                    }
                }
            }
        }
    }

    /// The next message of the thread that encodes the first range.
    fn wait(&self) -> Message {
        match self.waiting.front() {
            Some(Waiting::There(receiver)) => receiver.recv().expect("a thread panicked"),
            _ => unreachable!("the caller does not wait for itself"),
        }
    }

    /// Returns the newlines that have been removed so far from names and tags.
    pub fn removed_newlines(&self) -> Option<&RemovedNewlines> {
        (self.removed.count > 0).then_some(&self.removed)
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.queue.end();
    }
}

/// Encodes one range. It ends if the receiver is gone.
fn work(mut job: Job, shared: &Shared) {
    loop {
        let message = job.range.next(shared);
        let more = matches!(message, Message::Batch(_));
        if job.sender.send(message).is_err() || !more {
            return;
        }
    }
}

impl std::fmt::Debug for Workers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Workers")
            .field("threads", &self.threads)
            .field("waiting", &self.waiting.len())
            .finish_non_exhaustive()
    }
}
