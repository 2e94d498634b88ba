//! Converts the lengths and distances of repetitions to deflate symbols.

/// The symbol of a length or distance, and the extra bits that follow the symbol.
pub(super) struct Symbol {
    pub(super) code: usize,
    pub(super) extra: u32,
    pub(super) extra_bits: u8,
}

/// Returns the symbol of a length from 3 to 258 (RFC 1951, section 3.2.5).
#[inline]
pub(super) fn length_symbol(length: usize) -> Symbol {
    match length {
        258 => Symbol {
            code: 285,
            extra: 0,
            extra_bits: 0,
        },
        _ => ranged(length - 3, 4, 257),
    }
}

/// Distances 1 to 32768.
#[inline]
pub(super) fn distance_symbol(distance: usize) -> Symbol {
    ranged(distance - 1, 2, 0)
}

/// Returns the symbol for a number. Each symbol stands for a range of numbers. The first
/// `2 * steps` numbers have a symbol each. After these numbers, the size of the ranges doubles
/// every `steps` symbols.
#[inline]
fn ranged(number: usize, steps: usize, first: usize) -> Symbol {
    if number < 2 * steps {
        return Symbol {
            code: first + number,
            extra: 0,
            extra_bits: 0,
        };
    }
    let extra_bits = number.ilog2() - steps.ilog2();
    let range = number >> extra_bits;
    #[expect(clippy::cast_possible_truncation, reason = "numbers are below 2^15")]
    let (extra, bits) = ((number & ((1 << extra_bits) - 1)) as u32, extra_bits as u8);
    Symbol {
        code: first + extra_bits as usize * steps + range,
        extra,
        extra_bits: bits,
    }
}
