//! Writes bits to a byte buffer, with the lowest bit first.

/// A buffer for bits, which is written eight bytes at a time. The bytes after `at` are meaningless.
pub(super) struct Bits {
    bytes: Vec<u8>,
    at: usize,
    /// The last bits, fewer than eight, which do not form a whole byte yet.
    waiting: u64,
    width: u32,
}

/// A position in the written bits, to which `back_to` can return.
pub(super) struct Position {
    at: usize,
    waiting: u64,
    width: u32,
}

impl Bits {
    /// Returns a buffer that begins with `bytes`, and reserves memory for `more` bytes.
    pub(super) fn new(bytes: Vec<u8>, more: usize) -> Self {
        let at = bytes.len();
        let mut bits = Self {
            bytes,
            at,
            waiting: 0,
            width: 0,
        };
        bits.reserve(more);
        bits
    }

    /// Reserves memory for `more` bytes.
    #[inline]
    pub(super) fn reserve(&mut self, more: usize) {
        let wanted = self.at + more + 8;
        if wanted > self.bytes.len() {
            self.grow(wanted);
        }
    }

    #[cold]
    fn grow(&mut self, wanted: usize) {
        self.bytes.resize(wanted.max(self.bytes.len() * 2), 0);
    }

    /// Appends up to 56 bits. Memory for these bits must have been reserved before the call.
    #[inline]
    pub(super) fn push(&mut self, bits: u64, width: u32) {
        self.waiting |= bits << self.width;
        self.width += width;
        let out = &mut self.bytes[self.at..self.at + 8];
        out.copy_from_slice(&self.waiting.to_le_bytes());
        let whole = self.width / 8;
        self.at += whole as usize;
        // At most seven bytes are complete, so the shift is less than 64 bits.
        self.waiting >>= 8 * whole;
        self.width %= 8;
    }

    /// Returns the number of complete bytes.
    pub(super) fn len(&self) -> usize {
        self.at
    }

    /// Returns the current position, as an argument for `back_to`.
    pub(super) fn place(&self) -> Position {
        Position {
            at: self.at,
            waiting: self.waiting,
            width: self.width,
        }
    }

    /// Drops all bits after the position `place`.
    pub(super) fn back_to(&mut self, place: &Position) {
        self.at = place.at;
        self.waiting = place.waiting;
        self.width = place.width;
    }

    /// Returns the written bytes. The last byte is padded with zero bits.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.reserve(8);
        self.push(0, (8 - self.width) % 8);
        self.bytes.truncate(self.at);
        self.bytes
    }
}
