#![expect(clippy::unwrap_used, reason = "a test may panic")]

use bytes::Bytes;

use super::*;
use crate::error::ErrorKind;
use crate::query::Query;

#[test]
fn other_generations_are_refused_by_name() {
    for dialect in [Dialect::V2, Dialect::V3] {
        let config = Config::default().dialect(dialect);
        let asked = Query::new("q");
        let options = WriteOptions::new();
        let lines = Bytes::from_static(b"a v=1\n");
        for operation in [
            Operation::Ping,
            Operation::Write {
                options: &options,
                lines,
            },
            Operation::Query {
                query: &asked,
                form: Form::Table,
            },
        ] {
            let error = request(&config, &operation).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            let text = error.to_string();
            assert!(
                text.contains(&format!("dialect {dialect:?} is not supported yet")),
                "{text}"
            );
            let verdict = classify(dialect, operation.kind(), 204, &[], b"");
            assert!(matches!(verdict, Verdict::Refused(_)));
        }
    }
}
