#![expect(clippy::unwrap_used, reason = "a test may panic")]

use aioinflux_line::Dialect;

use super::*;
use crate::config::{Auth, Names};
use crate::error::ErrorKind;

#[test]
fn a_generation_that_is_not_supported_is_refused_by_name() {
    let error = Target::new(Dialect::V3, Names::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    let text = error.to_string();
    assert!(text.contains("InfluxDB 3.x is not supported yet"), "{text}");
}

#[test]
fn a_server_is_of_the_stated_generation_and_of_1_x_for_whoever_has_no_token() {
    let (user, token) = (Auth::basic("u", "p"), Auth::token("t"));
    assert_eq!(known(None, &Auth::None), Some(Dialect::V1));
    assert_eq!(known(None, &user), Some(Dialect::V1));
    assert_eq!(known(None, &token), None);
    for auth in [Auth::None, user, token] {
        assert_eq!(known(Some(Dialect::V3), &auth), Some(Dialect::V3));
    }
}

#[test]
fn names_of_another_generation_are_refused() {
    let config = Config::default().organization("o");
    let error = Target::new(Dialect::V1, config.names().clone()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "organization: InfluxDB 1.x has no organizations"
    );
}
