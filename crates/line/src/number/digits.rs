//! Computes the decimal digits of a number in parallel, and writes integers.

use crate::copy::{block_mut, copy_number};

pub(crate) const TEN_16: u64 = 10_000_000_000_000_000;
const TEN_8: u64 = 100_000_000;

/// Returns the 16 digits of a number below 10^16, including leading zeros. Also returns a bit mask
/// in which the bits of all digits other than zero are set. The lowest bit of the mask belongs to
/// the first digit.
#[cfg(not(target_feature = "sse2"))]
#[inline]
pub(crate) fn sixteen(number: u64) -> (u128, u32) {
    let high = u128::from(eight(number / 100_000_000));
    let digits = high | (u128::from(eight(number % 100_000_000)) << 64);
    let bits = digits.to_le_bytes().iter().rev();
    let bits = bits.fold(0, |bits, digit| (bits << 1) | u32::from(*digit != 0));
    (digits | u128::from_le_bytes([b'0'; 16]), bits)
}

/// Returns the same digits and bit mask as the portable version of `sixteen`, but uses vector
/// instructions that every x86-64 processor supports. With vector instructions, encoding frames of
/// floats takes a tenth less time.
#[cfg(target_feature = "sse2")]
#[inline]
pub(crate) fn sixteen(number: u64) -> (u128, u32) {
    use safe_arch::{
        bitor_m128i as or, cmp_eq_mask_i8_m128i, move_mask_i8_m128i,
        mul_i16_keep_low_m128i as low_product, mul_u16_keep_high_m128i as high_product,
        mul_widen_u32_odd_m128i as product, set_i64_m128i, set_splat_i8_m128i as all_8,
        set_splat_i16_m128i as all_16, set_splat_i64_m128i as all_64, shl_imm_u16_m128i,
        shl_imm_u32_m128i, shl_imm_u64_m128i, shr_imm_u16_m128i, shr_imm_u64_m128i, sub_i16_m128i,
        sub_i64_m128i, zeroed_m128i,
    };
    let (high, low) = (number / 100_000_000, number % 100_000_000);
    // The two numbers of eight digits are split into four numbers of four digits. The numbers of
    // four digits are split into eight numbers of two digits, and then into sixteen single digits.
    let eights = set_i64_m128i(low.cast_signed(), high.cast_signed());
    let high = shr_imm_u64_m128i::<40>(product(eights, all_64(109_951_163)));
    let low = sub_i64_m128i(eights, product(high, all_64(10_000)));
    let fours = or(high, shl_imm_u64_m128i::<32>(low));
    let high = shr_imm_u16_m128i::<3>(high_product(fours, all_16(5243)));
    let low = sub_i16_m128i(fours, low_product(high, all_16(100)));
    let twos = or(high, shl_imm_u32_m128i::<16>(low));
    let high = high_product(twos, all_16(6554));
    let low = sub_i16_m128i(twos, low_product(high, all_16(10)));
    let digits = or(high, shl_imm_u16_m128i::<8>(low));
    let zeros = move_mask_i8_m128i(cmp_eq_mask_i8_m128i(digits, zeroed_m128i())).cast_unsigned();
    let text: u128 = or(digits, all_8(b'0'.cast_signed())).into();
    (text, zeros ^ 0xffff)
}

/// Returns the eight digits of a number, with the first digit in the lowest byte. The number is
/// split into two numbers of four digits, then into four numbers of two digits, then into eight
/// single digits.
#[inline]
fn eight(number: u64) -> u64 {
    let high = number / 10_000;
    let fours = high | ((number - 10_000 * high) << 32);
    let high = ((fours * 5243) >> 19) & 0x7f_0000_007f;
    let twos = high | ((fours - 100 * high) << 16);
    let high = ((twos * 103) >> 10) & 0x000f_000f_000f_000f;
    high | ((twos - 10 * high) << 8)
}

/// Writes an integer to `out` at the offset `at`, and returns the offset of its end. `out` must
/// have room for 24 bytes at `at`.
#[inline]
pub(crate) fn put_integer(out: &mut [u8], at: usize, value: i64) -> usize {
    out[at] = b'-';
    put_unsigned(out, at + usize::from(value < 0), value.unsigned_abs())
}

/// Writes an unsigned integer to `out` at the offset `at`, and returns the offset of its end. `out`
/// must have room for 24 bytes at `at`.
#[inline]
pub(crate) fn put_unsigned(out: &mut [u8], at: usize, value: u64) -> usize {
    if value < TEN_8 {
        return put_short(out, at, value);
    }
    if value >= TEN_16 {
        return put_long(out, at, value);
    }
    let (text, bits) = sixteen(value);
    let zeros = (bits | (1 << 15)).trailing_zeros();
    *block_mut(out, at) = (text >> (8 * zeros)).to_le_bytes();
    at + 16 - zeros as usize
}

/// Writes a number of at most eight digits. This function needs no vector instructions.
#[inline]
fn put_short(out: &mut [u8], at: usize, value: u64) -> usize {
    let digits = eight(value);
    let zeros = (digits | (1 << 56)).trailing_zeros() / 8;
    let text = digits | u64::from_le_bytes([b'0'; 8]);
    *block_mut(out, at) = (text >> (8 * zeros)).to_le_bytes();
    at + 8 - zeros as usize
}

/// Writes a number of at least 17 digits. (A current time in nanoseconds has 19 digits, of which
/// three precede the last sixteen.)
#[inline]
fn put_long(out: &mut [u8], at: usize, value: u64) -> usize {
    let high = value / TEN_16;
    let at = if (100..1000).contains(&high) {
        let digits = [high / 100, high / 10 % 10, high % 10];
        *block_mut(out, at) = digits.map(|digit| b'0' + (digit & 0xff) as u8);
        at + 3
    } else {
        let mut buffer = itoa::Buffer::new();
        let digits = buffer.format(high).as_bytes();
        copy_number(out, at, digits);
        at + digits.len()
    };
    *block_mut(out, at) = sixteen(value % TEN_16).0.to_le_bytes();
    at + 16
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString as _;
    use proptest::prelude::*;

    fn assert_same(value: i64) {
        let mut out = [b'x'; 24];
        let end = put_integer(&mut out, 0, value);
        assert_eq!(&out[..end], value.to_string().as_bytes());
    }

    #[test]
    fn integers_next_to_powers_of_ten_are_written_like_rust_does() {
        for power in 0..19 {
            for step in -20..20 {
                assert_same(10_i64.pow(power) + step);
                assert_same(-(10_i64.pow(power) + step));
            }
        }
        assert_same(i64::MIN);
        assert_same(i64::MAX);
    }

    proptest! {
        #[test]
        fn every_integer_is_written_like_rust_does(value in any::<i64>(), bits in 0..64) {
            assert_same(value >> bits);
        }

        #[test]
        fn digits_are_the_same_with_vectors_and_without(number in 0..TEN_16) {
            let digits = [number / 100_000_000, number % 100_000_000].map(eight);
            let digits = u128::from(digits[0]) | (u128::from(digits[1]) << 64);
            let (text, bits) = sixteen(number);
            prop_assert_eq!(text, digits | u128::from_le_bytes([b'0'; 16]));
            let expected = digits.to_le_bytes().map(|digit| digit > 0);
            prop_assert_eq!(core::array::from_fn(|place| (bits >> place) & 1 == 1), expected);
        }
    }
}
