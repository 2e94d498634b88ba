//! Memory that outlives a call: fresh memory costs as much as the encoding itself, and so does
//! making the acquaintance of the user's keys again for each point.

use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use aioinflux::frame::Spares;
use aioinflux::{Encoder, Options};

use crate::dicts::Shapes;

/// Most encoders that are kept: calls of that many threads, or within each other.
const MOST: usize = 4;
/// Longest batch whose memory is kept.
const LONGEST: usize = 16 << 20;

/// What a call borrows. A call within a call, by a value's own code, finds the next one.
pub(crate) struct Memory {
    pub(crate) encoder: Encoder,
    pub(crate) shapes: Shapes,
    /// Batches that are done with, for the next ones.
    pub(crate) spares: Spares,
}

static IDLE: Mutex<Vec<Memory>> = Mutex::new(Vec::new());

fn idle() -> MutexGuard<'static, Vec<Memory>> {
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Memory {
    /// Memory with an empty encoder of these options.
    pub(crate) fn take(options: Options) -> Self {
        let kept = idle().pop();
        kept.filter(|kept| kept.encoder.options() == options)
            .unwrap_or_else(|| Self {
                encoder: Encoder::new(options),
                shapes: Shapes::default(),
                spares: Spares::default(),
            })
    }

    /// Keeps what is worth it for the next call.
    pub(crate) fn give(encoder: &mut Encoder, shapes: &mut Shapes, spares: &Spares) {
        let mut encoder = mem::take(encoder);
        if encoder.len_bytes() > LONGEST {
            encoder = Encoder::new(encoder.options());
        }
        encoder.clear();
        let shapes = mem::take(shapes);
        let spares = spares.clone();
        let mut idle = idle();
        if idle.len() < MOST {
            idle.push(Self {
                encoder,
                shapes,
                spares,
            });
        }
    }
}
