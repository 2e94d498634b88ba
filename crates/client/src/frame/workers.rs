//! Encodes ranges of rows into batches of lines, on the caller's thread or on several threads.
//!
//! Each range is encoded by one thread. Each range also has its own channel with a small capacity,
//! through which the batches of the range are sent. A thread that is too far ahead waits, so memory
//! use is bounded for tables of any size. The batches are returned range by range, so neither their
//! order nor their boundaries depend on the number of threads.
//!
//! While the next batch is not ready, the caller's thread encodes another range instead of waiting.
//! Therefore the caller's thread rarely has to be woken up.

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

/// The maximum number of bytes in batches that are waiting to be returned or are being made. Above
/// this limit, no further range is started.
const AHEAD: usize = 40 << 20;
/// The maximum number of messages that can wait in the channel of one range. If rows are one
/// kilobyte long, a range sends three batches and an end message. All four messages fit into the
/// channel, so no thread waits for a slower thread.
const WAITING: usize = 4;
/// The maximum number of bytes of memory that are kept for reuse.
const KEPT: usize = 24 << 20;
/// The number of bytes that are reserved for a batch in addition to the length of the longest batch
/// so far.
const SLACK: usize = 64 << 10;

/// A collection of batches that were already sent and whose memory can be reused.
#[derive(Clone, Debug, Default)]
pub struct Spares(Arc<Mutex<Vec<Batch>>>);

impl Spares {
    /// Stores a batch so that its memory can be reused. The lines of the batch are lost. If the
    /// stored batches take up too much memory, the smallest batches are freed.
    pub fn put(&self, batch: Batch) {
        let mut spares = self.lock();
        let place = spares.partition_point(|spare| spare.capacity() <= batch.capacity());
        spares.insert(place, batch);
        let mut kept: usize = spares.iter().map(Batch::capacity).sum();
        while kept > KEPT {
            kept -= spares.remove(0).capacity();
        }
    }

    /// Returns the largest stored batch, or a new batch for `dialect` if no batch is stored. The
    /// returned batch may still contain old lines.
    pub fn get(&self, dialect: Dialect) -> Batch {
        self.lock().pop().unwrap_or_else(|| Batch::new(dialect))
    }

    /// Locks and returns the spare batches. The batches are sorted by capacity, and the smallest
    /// one comes first.
    fn lock(&self) -> MutexGuard<'_, Vec<Batch>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The state that all threads share while they encode tables of one layout.
struct Shared {
    layout: FrameLayout,
    options: FrameOptions,
    memory: Memory,
    spares: Spares,
    /// The number of bytes in the longest batch so far.
    longest: AtomicUsize,
}

impl Shared {
    /// Returns an empty batch with enough memory for a batch as long as earlier batches. The memory
    /// is allocated at once, because growing memory would be moved repeatedly.
    fn spare(&self) -> Batch {
        let mut spare = self.spares.get(self.options.line.dialect());
        let longest = self.longest.load(Ordering::Relaxed);
        if longest > 0 {
            // The size of a single very long line does not predict the size of later batches.
            spare.reserve(longest.min(self.options.batch_bytes) + SLACK);
        }
        spare
    }
}

/// A range of consecutive rows from one or more record batches.
struct Range {
    pieces: VecDeque<RecordBatch>,
    /// The index in the whole table of the first row that has not been encoded.
    index: u64,
    /// The encoder of the range. The encoder is `None` until the first batch of the range is
    /// encoded, so that waiting ranges need no memory for lines.
    encoder: Option<Encoder>,
}

/// A range that no thread has started to encode.
struct Job {
    /// The number of ranges that were pushed before this range.
    number: usize,
    range: Range,
    /// The channel through which the batches of the range are sent.
    sender: SyncSender<Message>,
}

/// The ranges that no thread has started to encode.
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

    /// Waits for the next job and returns it. Returns `None` if the queue has been closed, so that
    /// no more jobs will follow.
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
    /// The end of a range. The message contains the newlines that were removed from names and tags
    /// of the range.
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
                // The line that makes the batch exceed the limit becomes the first line of the next
                // batch, unless it is the only line.
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

/// Encodes ranges of rows into batches, possibly on several threads. Encoding runs ahead of the
/// caller by a bounded number of bytes.
///
/// Push ranges of rows while there is [`room`](Self::has_room), then take batches with
/// [`next`](Self::next), and repeat. The batches are returned in the order of the ranges. If the
/// `Workers` value is dropped, each thread stops at its next batch.
pub struct Workers {
    shared: Arc<Shared>,
    threads: usize,
    started: usize,
    on_thread_start: fn(),
    queue: Arc<Queue>,
    waiting: VecDeque<Waiting>,
    /// The number of ranges whose batches have all been returned, or that were dropped after an
    /// error.
    ended: usize,
    /// The number of bytes in the batches of the current range so far. The field `longest_range` is
    /// the largest number of bytes that the batches of one finished range had.
    range_bytes: usize,
    longest_range: usize,
    removed: RemovedNewlines,
}

enum Waiting {
    /// A range that the caller's thread encodes. The queue contains the messages that have not been
    /// returned yet.
    Here(Box<Range>, VecDeque<Message>),
    /// A range that another thread encodes, or that is still in the queue.
    There(Receiver<Message>),
}

impl Workers {
    /// Returns workers that encode tables with this layout. A thread is started only when there is
    /// work for two threads.
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

    /// Sets a function that each worker thread calls when it starts. On a worker thread, freeing a
    /// record batch may run code that belongs to the owner of the batch's memory.
    #[must_use]
    pub fn on_thread_start(mut self, call: fn()) -> Self {
        self.on_thread_start = call;
        self
    }

    /// Returns whether another range of rows should be pushed before the next batch is taken.
    pub fn has_room(&self) -> bool {
        if self.threads == 1 {
            return self.waiting.is_empty();
        }
        // Each range is assumed to need memory for all batches that can wait in its channel, and
        // for the batch that is being made. If the longest range so far needed less memory, the
        // size of that range is assumed instead.
        let longest = self.shared.longest.load(Ordering::Relaxed).max(1 << 20);
        let bytes = longest * (1 + WAITING);
        let bytes = match self.longest_range {
            0 => bytes,
            whole => bytes.min(whole.max(longest)),
        };
        self.waiting.len() < (AHEAD / bytes).clamp(2, self.threads + 2)
    }

    /// Adds a range of rows. `first` is the index of the range's first row, and `last` says whether
    /// this is the last range.
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
            // If the system refuses to start another thread, the existing threads do the work.
            Err(_) => self.threads = self.started + 1,
        }
    }

    /// Encodes, on the caller's thread, one batch of a range that no other thread encodes. Returns
    /// `false` if there is no such range at present.
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
        // `waiting` also has an entry for each job in the queue, so this index is valid.
        self.waiting[job.number - self.ended] = Waiting::Here(range, VecDeque::from([first]));
        true
    }

    /// Returns the next batch, or `None` when all ranges are finished. A batch has no lines if all
    /// rows of the batch were skipped.
    ///
    /// # Errors
    /// Fails if line protocol cannot represent a row or column. After an error, all ranges that
    /// were pushed are dropped.
    ///
    /// # Panics
    /// Panics if a thread of the workers panicked.
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

    /// Waits for the next message of the thread that encodes the first range.
    fn wait(&self) -> Message {
        match self.waiting.front() {
            Some(Waiting::There(receiver)) => receiver.recv().expect("a thread panicked"),
            _ => unreachable!("the caller does not wait for itself"),
        }
    }

    /// Returns the number of newlines that have been removed so far from names and tags, and the
    /// place of the first one.
    pub fn removed_newlines(&self) -> Option<&RemovedNewlines> {
        (self.removed.count > 0).then_some(&self.removed)
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.queue.end();
    }
}

/// Encodes the range of a job. Stops early if the receiver of the job's channel has been dropped.
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
