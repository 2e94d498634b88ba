//! Makes Huffman codes, which use few bits for frequent symbols (RFC 1951, section 3.2).

use super::bits::Bits;
use super::symbols::Symbol;

/// The maximum length of a code in bits. The format allows 15 bits, but four codes of at most
/// twelve bits can be written in one step.
pub(super) const LONGEST: usize = 12;

/// The format encodes code lengths with a third code. `ORDER` is the order in which the format
/// lists the lengths of this third code.
const ORDER: [usize; 19] = [
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
];

/// The codes of all symbols of an alphabet. The bits of each code are in the order in which they
/// are written.
pub(super) struct Code {
    codes: Vec<(u16, u8)>,
}

impl Code {
    /// Makes codes of at most `longest` bits. `counts` contains how often each symbol occurs. A
    /// symbol that never occurs gets no code.
    ///
    /// A decoder requires at least two codes. If fewer than two symbols occur, symbols that never
    /// occur get a code, too.
    pub(super) fn new(counts: &[u32], longest: usize) -> Self {
        let mut counts = counts.to_vec();
        for symbol in 0..2 {
            if counts.iter().filter(|count| **count > 0).count() < 2 {
                counts[symbol] = counts[symbol].max(1);
            }
        }
        let lengths = limited(&counts, longest);
        let mut next = [0_u16; 16];
        let mut of_length = [0_u16; 16];
        for &length in &lengths {
            of_length[usize::from(length)] += 1;
        }
        of_length[0] = 0;
        for length in 1..16 {
            next[length] = (next[length - 1] + of_length[length - 1]) << 1;
        }
        let codes = lengths
            .iter()
            .map(|&length| {
                let code = &mut next[usize::from(length)];
                let bits = code.reverse_bits() >> ((16 - u32::from(length)) % 16);
                *code += 1;
                if length == 0 { (0, 0) } else { (bits, length) }
            })
            .collect();
        Self { codes }
    }

    /// Returns the number of bits that the codes of all symbols take, if the symbols occur as often
    /// as `counts` says. Extra bits that follow the codes are not included.
    pub(super) fn bits_of(&self, counts: &[u32]) -> u64 {
        let lengths = self.lengths().zip(counts);
        lengths
            .map(|(length, count)| length as u64 * u64::from(*count))
            .sum()
    }

    /// Returns the bits of a symbol's code, and the length of the code.
    #[inline]
    pub(super) fn get(&self, symbol: usize) -> (u64, u32) {
        let (code, length) = self.codes[symbol];
        (u64::from(code), u32::from(length))
    }

    /// Returns the code of a symbol and the extra bits of the symbol as one group of at most 25
    /// bits. Also returns the length of the group.
    #[inline]
    pub(super) fn with_extra(&self, symbol: &Symbol) -> (u32, u8) {
        let (code, length) = self.codes[symbol.code];
        (
            u32::from(code) | symbol.extra << length,
            length + symbol.extra_bits,
        )
    }

    /// Returns the codes of the first `N` symbols.
    pub(super) fn first<const N: usize>(&self) -> [(u16, u8); N] {
        *self
            .codes
            .first_chunk()
            .expect("an alphabet of so many symbols")
    }

    fn lengths(&self) -> impl Iterator<Item = usize> {
        self.codes.iter().map(|(_, length)| usize::from(*length))
    }
}

/// Returns the code lengths that Huffman's algorithm computes by repeatedly joining the two rarest
/// nodes. If a code is longer than `longest` bits, the counts are halved and the lengths are
/// computed again. Halving the counts costs little.
fn limited(counts: &[u32], longest: usize) -> Vec<u8> {
    let mut counts = counts.to_vec();
    loop {
        let lengths = depths(&counts);
        if lengths.iter().all(|length| usize::from(*length) <= longest) {
            return lengths;
        }
        for count in counts.iter_mut().filter(|count| **count > 0) {
            *count = *count / 2 + 1;
        }
    }
}

fn depths(counts: &[u32]) -> Vec<u8> {
    let mut leaves: Vec<usize> = (0..counts.len()).filter(|at| counts[*at] > 0).collect();
    leaves.sort_by_key(|at| counts[*at]);
    let mut weights: Vec<u64> = leaves.iter().map(|at| u64::from(counts[*at])).collect();
    let mut parents = vec![0; 2 * leaves.len()];
    // Joined nodes are created in the order of their weights, and the leaves are sorted by weight.
    // Therefore two queues are enough to find the two rarest nodes.
    let (mut leaf, mut joined) = (0, leaves.len());
    for node in leaves.len()..(2 * leaves.len()).saturating_sub(1) {
        let mut weight = 0;
        for _ in 0..2 {
            let takes_leaf = leaf < leaves.len()
                && (joined >= weights.len() || weights[leaf] <= weights[joined]);
            let child = if takes_leaf { &mut leaf } else { &mut joined };
            weight += weights[*child];
            parents[*child] = node;
            *child += 1;
        }
        weights.push(weight);
    }
    let mut depth = vec![0_u8; weights.len()];
    for node in (0..weights.len().saturating_sub(1)).rev() {
        depth[node] = depth[parents[node]] + 1;
    }
    let mut lengths = vec![0; counts.len()];
    for (node, at) in leaves.iter().enumerate() {
        lengths[*at] = depth[node];
    }
    lengths
}

/// Writes the code lengths of both alphabets, literals and distances. A decoder reconstructs the
/// codes from these lengths.
pub(super) fn write_header(literals: &Code, distances: &Code, out: &mut Bits) {
    let mut counts = [0; 19];
    for length in literals.lengths().chain(distances.lengths()) {
        counts[length] += 1;
    }
    let code = Code::new(&counts, 7);
    out.reserve(1024);
    out.push((literals.codes.len() - 257) as u64, 5);
    out.push((distances.codes.len() - 1) as u64, 5);
    out.push((ORDER.len() - 4) as u64, 4);
    for symbol in ORDER {
        out.push(u64::from(code.get(symbol).1), 3);
    }
    for length in literals.lengths().chain(distances.lengths()) {
        let (bits, width) = code.get(length);
        out.push(bits, width);
    }
}
