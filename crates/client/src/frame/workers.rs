//! Ranges of rows on their way to batches, on the caller's thread or on several.
//!
//! A range is encoded by one thread, and its batches travel through a channel of its own that holds
//! few: a thread that is ahead waits, so that memory is bounded whatever the table's size. Batches
//! are taken range by range, so that neither their order nor their cuts depend on the threads.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{mem, thread};

use aioinflux_line::{Batch, Encoder, RemovedNewlines};
use arrow_array::RecordBatch;

use super::plan::{Memory, Plan};
use super::{FrameError, FrameLayout, FrameOptions};

/// Bytes of batches that wait or are being made, beyond which no further range is begun.
const AHEAD: usize = 40 << 20;
/// Batches of one range that may wait: rows of half a kilobyte make two batches of a range, so that
/// no thread waits for one that is behind.
const WAITING: usize = 2;
/// Bytes of memory that are kept to be used again.
const KEPT: usize = 24 << 20;
/// What a batch may need beyond the longest one so far.
const SLACK: usize = 64 << 10;

/// Memory of batches that were sent.
#[derive(Clone, Debug, Default)]
pub struct Spares(Arc<Mutex<Vec<Batch>>>);

impl Spares {
    /// Gives the memory of a batch back; its lines are lost. Where it is too much to be kept, the
    /// smallest goes.
    pub fn put(&self, batch: Batch) {
        let mut spares = self.lock();
        let place = spares.partition_point(|spare| spare.capacity() <= batch.capacity());
        spares.insert(place, batch);
        let mut kept: usize = spares.iter().map(Batch::capacity).sum();
        while kept > KEPT {
            kept -= spares.remove(0).capacity();
        }
    }

    /// Takes memory for a batch, the most that there is; what it holds is of no meaning.
    pub fn get(&self) -> Batch {
        self.lock().pop().unwrap_or_default()
    }

    /// The smallest first.
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
    /// Memory for a batch like those so far, all at once: what grows is moved again and again.
    fn spare(&self) -> Batch {
        let mut spare = self.spares.get();
        let longest = self.longest.load(Ordering::Relaxed);
        if longest > 0 {
            // A line that is a batch by itself is no measure for those that follow.
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
    /// With memory from its first batch on: ranges wait without.
    encoder: Option<Encoder>,
}

/// A range, and where its batches go.
type Job = (Range, SyncSender<Message>);

enum Message {
    Batch(Batch),
    Error(FrameError),
    /// The range is at its end; the newlines that its names and tags lost.
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
                plan.encode(0, piece.num_rows(), self.index, encoder, limit)
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
                // The line that is too much begins the next batch, unless it is alone.
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

/// Makes batches of ranges of rows, ahead of the caller by a bounded number of bytes.
///
/// Push ranges while there is [`room`](Self::has_room), then take batches with
/// [`next`](Self::next), and so on: the batches come in the order of the ranges. Dropped, it stops
/// its threads at their next batch.
pub struct Workers {
    shared: Arc<Shared>,
    threads: usize,
    started: usize,
    jobs: Sender<Job>,
    queue: Arc<Mutex<Receiver<Job>>>,
    waiting: VecDeque<Waiting>,
    /// Bytes of the batches of the range at hand, and most of a range so far.
    range_bytes: usize,
    longest_range: usize,
    removed: RemovedNewlines,
}

enum Waiting {
    /// To be encoded by the caller.
    Here(Box<Range>),
    /// Encoded by a thread.
    There(Receiver<Message>),
}

impl Workers {
    /// Workers for tables of one layout; no thread is started before there is work for two.
    pub fn new(layout: FrameLayout, options: FrameOptions, spares: Spares) -> Self {
        let (jobs, queue) = channel();
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
            jobs,
            queue: Arc::new(Mutex::new(queue)),
            waiting: VecDeque::new(),
            range_bytes: 0,
            longest_range: 0,
            removed: RemovedNewlines::default(),
        }
    }

    /// Whether another range should be pushed before the next batch is taken.
    pub fn has_room(&self) -> bool {
        if self.threads == 1 {
            return self.waiting.is_empty();
        }
        // Each range is counted with the batches that may wait and one that is being made, or as a
        // whole.
        let longest = self.shared.longest.load(Ordering::Relaxed).max(1 << 20);
        let bytes = longest * (1 + WAITING);
        let bytes = match self.longest_range {
            0 => bytes,
            whole => bytes.min(whole.max(longest)),
        };
        self.waiting.len() < (AHEAD / bytes).clamp(2, self.threads + 2)
    }

    /// Adds rows, the first of which has the given index. `last` says that no range comes after it.
    ///
    /// # Panics
    /// If the system gives no thread at all.
    pub fn push(&mut self, pieces: Vec<RecordBatch>, first: u64, last: bool) {
        let range = Range::new(pieces, first);
        if self.threads == 1 || (last && self.waiting.is_empty()) {
            self.waiting.push_back(Waiting::Here(Box::new(range)));
            return;
        }
        if self.started < self.threads {
            self.start();
        }
        let (sender, receiver) = sync_channel(WAITING);
        // The queue is kept here: it has not ended.
        let _ = self.jobs.send((range, sender));
        self.waiting.push_back(Waiting::There(receiver));
    }

    fn start(&mut self) {
        let (shared, queue) = (Arc::clone(&self.shared), Arc::clone(&self.queue));
        let work = move || {
            loop {
                let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
                let Ok((range, sender)) = job else { return };
                work(range, &sender, &shared);
            }
        };
        // Without a thread of its own the work is done by those that there are.
        match thread::Builder::new()
            .name("aioinflux-frame".into())
            .spawn(work)
        {
            Ok(_) => self.started += 1,
            Err(_) if self.started > 0 => self.threads = self.started,
            Err(error) => panic!("no thread to encode on: {error}"),
        }
    }

    /// The next batch; `None` when all ranges are done. It has no lines where all its rows were
    /// skipped.
    ///
    /// # Errors
    /// A row or column cannot be represented; what was pushed is then dropped.
    ///
    /// # Panics
    /// If a thread did.
    #[expect(
        clippy::should_implement_trait,
        reason = "more can be pushed after `None`"
    )]
    pub fn next(&mut self) -> Option<Result<Batch, FrameError>> {
        loop {
            let message = match self.waiting.front_mut()? {
                Waiting::Here(range) => range.next(&self.shared),
                Waiting::There(receiver) => receiver.recv().expect("a thread panicked"),
            };
            match message {
                Message::Batch(batch) => {
                    self.range_bytes += batch.bytes().len();
                    let longest = &self.shared.longest;
                    longest.fetch_max(batch.bytes().len(), Ordering::Relaxed);
                    return Some(Ok(batch));
                }
                Message::Error(error) => {
                    self.waiting.clear();
                    return Some(Err(error));
                }
                Message::End(removed) => {
                    self.waiting.pop_front();
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

    /// Newlines that names and tags of the rows so far have lost.
    pub fn removed_newlines(&self) -> Option<&RemovedNewlines> {
        (self.removed.count > 0).then_some(&self.removed)
    }
}

/// Encodes one range; a receiver that is gone ends it.
fn work(mut range: Range, sender: &SyncSender<Message>, shared: &Shared) {
    loop {
        let message = range.next(shared);
        let more = matches!(message, Message::Batch(_));
        if sender.send(message).is_err() || !more {
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
