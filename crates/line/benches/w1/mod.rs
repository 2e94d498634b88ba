//! The points of case W1 as native values: 10 tags, 5 floats, 5 integers.

pub(crate) mod ours;

pub(crate) const ROWS: usize = 100_000;
pub(crate) const MEASUREMENT: &str = "cpu_load";
pub(crate) const TAGS: [&str; 10] = [
    "tag_00", "tag_01", "tag_02", "tag_03", "tag_04", "tag_05", "tag_06", "tag_07", "tag_08",
    "tag_09",
];
pub(crate) const FLOATS: [&str; 5] = ["field_00", "field_01", "field_02", "field_03", "field_04"];
pub(crate) const INTEGERS: [&str; 5] = ["field_05", "field_06", "field_07", "field_08", "field_09"];
const CARDINALITIES: [u64; 10] = [4, 10, 20, 50, 100, 100, 200, 500, 1000, 1000];

/// One point. The names of its tags and fields are the constants above.
pub(crate) struct Native {
    pub(crate) tags: [String; 10],
    pub(crate) floats: [f64; 5],
    pub(crate) integers: [i64; 5],
    pub(crate) time: i64,
}

/// Returns the same points in every run.
pub(crate) fn points() -> Vec<Native> {
    let mut state = 1;
    (0..ROWS).map(|n| point(n, &mut state)).collect()
}

fn point(n: usize, state: &mut u64) -> Native {
    let at = i64::try_from(n).unwrap_or(0) * 1_000_000_007;
    Native {
        tags: std::array::from_fn(|k| format!("value_{k}_{:05}", next(state) % CARDINALITIES[k])),
        floats: std::array::from_fn(|_| unit(next(state))),
        integers: std::array::from_fn(|_| i64::try_from(next(state) % 1_000_000).unwrap_or(0)),
        time: 1_700_000_000_000_000_000 + at,
    }
}

/// Returns a float in [0, 1) that uses all 53 bits of the significand.
#[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

/// The splitmix64 generator by Steele, Lea and Flood.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
