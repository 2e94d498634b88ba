//! stub
use super::assemble::Assembly;
use super::error::Stop;
#[derive(Debug, Default)]
pub(super) struct Parser;
impl Parser {
    pub(super) fn is_outside(&self) -> bool {
        true
    }
    pub(super) fn run(
        &mut self,
        _input: &[u8],
        _at: &mut usize,
        _out: &mut Assembly,
    ) -> Result<(), Stop> {
        Err(Stop::Short)
    }
}
