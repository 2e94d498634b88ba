use std::fmt::Write;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, TimestampNanosecondType};
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;

use super::{Arrangement, FluxTable, ROLE, TableError, arrange, pivot, select};
use crate::answer::Answer;
use crate::decode::Format;
use crate::in_memory::parse_answer;

const FLOAT: &str = "#datatype,string,long,dateTime:RFC3339,double,string,string\r\n\
    #group,false,false,false,false,true,true\r\n\
    #default,_result,,,,,\r\n\
    ,result,table,_time,_value,_field,host\r\n\
    ,,0,1970-01-01T00:00:01Z,0.5,f,a\r\n\
    ,,0,1970-01-01T00:00:02Z,1.5,f,a\r\n\
    ,,1,1970-01-01T00:00:01Z,2.5,f,b\r\n\r\n";
const LONG: &str = "#datatype,string,long,dateTime:RFC3339,long,string,string\r\n\
    #group,false,false,false,false,true,true\r\n\
    #default,_result,,,,,\r\n\
    ,result,table,_time,_value,_field,host\r\n\
    ,,2,1970-01-01T00:00:02Z,7,i,a\r\n\
    ,,2,1970-01-01T00:00:03Z,8,i,a\r\n\r\n";

fn answer(blocks: &[&str]) -> Answer {
    let body = format!("{}\r\n", blocks.concat());
    parse_answer(body.as_bytes(), Format::FluxCsv).expect("an answer")
}

fn lengths(tables: &[FluxTable]) -> Vec<usize> {
    tables.iter().map(|table| table.series.rows()).collect()
}

fn names(table: &FluxTable) -> Vec<String> {
    let schema = table.schema();
    schema
        .fields()
        .iter()
        .map(|field| field.name().clone())
        .collect()
}

fn batch(table: &FluxTable) -> &RecordBatch {
    table.series.batches.first().expect("a batch")
}

#[test]
fn tables_are_arranged_by_schema_in_sequence_or_each() {
    let count = |arrangement| {
        let tables = arrange(answer(&[FLOAT, LONG, FLOAT]), arrangement).expect("tables");
        lengths(&tables)
    };
    assert_eq!(count(Arrangement::Schema), [6, 2]);
    assert_eq!(count(Arrangement::Sequence), [3, 2, 3]);
    assert_eq!(count(Arrangement::Each), [2, 1, 2, 2, 1]);
}

#[test]
fn one_table_has_all_columns_and_refuses_types_that_conflict() {
    let other = LONG.replace("_value", "other").replace(",host", ",dc");
    let tables = arrange(answer(&[FLOAT, &other]), Arrangement::One).expect("one table");
    let columns = [
        "result", "table", "_time", "_value", "_field", "host", "other", "dc",
    ];
    assert_eq!(names(&tables[0]), columns);
    assert_eq!(lengths(&tables), [5]);
    let error = arrange(answer(&[FLOAT, LONG]), Arrangement::One).expect_err("two types");
    let types = (DataType::Float64, DataType::Int64);
    let name = "_value".to_owned();
    assert_eq!(error, TableError::MixedColumn { name, types });
}

#[test]
fn a_table_of_the_server_knows_its_group_key() {
    let tables = arrange(answer(&[FLOAT]), Arrangement::Each).expect("tables");
    assert_eq!(tables[1].group, ["_field", "host"]);
    let key = tables[1].key.as_ref().expect("the key of one table");
    assert_eq!(key.column(1).as_string::<i32>().value(0), "b");
    let tables = arrange(answer(&[FLOAT]), Arrangement::Schema).expect("tables");
    assert!(tables[0].key.is_none());
}

#[test]
fn columns_are_selected_in_order() {
    let tables = || arrange(answer(&[FLOAT]), Arrangement::Schema).expect("tables");
    let wanted = ["host", "_time"].map(str::to_owned);
    let selected = select(tables(), &wanted, true).expect("columns that exist");
    assert_eq!(names(&selected[0]), wanted);
    let unknown = ["host".to_owned(), "x".to_owned()];
    let error = select(tables(), &unknown, true).expect_err("no column `x`");
    assert!(matches!(error, TableError::Unknown { .. }), "{error}");
    let selected = select(tables(), &unknown, false).expect("a batch may lack a column");
    assert_eq!(names(&selected[0]), ["host"]);
}

#[test]
fn fields_become_columns_of_their_types() {
    let table = pivot(answer(&[FLOAT, LONG])).expect("a pivot");
    assert_eq!(names(&table), ["_time", "host", "f", "i"]);
    let batch = batch(&table);
    let times = batch.column(0).as_primitive::<TimestampNanosecondType>();
    let seconds: Vec<i64> = times
        .values()
        .iter()
        .map(|time| time / 1_000_000_000)
        .collect();
    assert_eq!(seconds, [1, 2, 3, 1]);
    let integers = batch.column(3).as_primitive::<Int64Type>();
    let integers: Vec<_> = integers.iter().collect();
    assert_eq!(integers, [None, Some(7), Some(8), None]);
    let roles = batch.schema();
    let roles = roles
        .fields()
        .iter()
        .map(|field| field.metadata()[ROLE].clone());
    assert_eq!(roles.collect::<Vec<_>>(), ["time", "tag", "field", "field"]);
}

#[test]
fn a_second_value_of_a_field_is_refused() {
    let error = pivot(answer(&[FLOAT, &FLOAT.replace("_result", "other")])).expect_err("twice");
    let text = error.to_string();
    assert!(
        text.starts_with("field `f` has two values at 1970-01-01T00:00:01Z in the series `host=a`"),
        "{text}"
    );
}

#[test]
fn a_pivot_of_more_rows_than_a_batch_has_several_batches() {
    let rows = super::pivot::BATCH_ROWS + 5;
    let mut text = LONG.rsplit_once("\r\n,,2,").expect("rows").0.to_owned();
    text.truncate(text.rfind("\r\n,,2,").expect("rows"));
    for row in 0..rows {
        let (seconds, nanoseconds) = (row / 1000, row % 1000);
        let (minutes, seconds) = (seconds / 60, seconds % 60);
        let _ = write!(
            text,
            "\r\n,,2,1970-01-01T00:{minutes:02}:{seconds:02}.{nanoseconds:09}Z,{row},i,a"
        );
    }
    text.push_str("\r\n\r\n");
    let table = pivot(answer(&[&text])).expect("a pivot");
    let counts: Vec<usize> = table
        .series
        .batches
        .iter()
        .map(RecordBatch::num_rows)
        .collect();
    assert_eq!(counts, [super::pivot::BATCH_ROWS, 5]);
    let last = table.series.batches[1]
        .column(2)
        .as_primitive::<Int64Type>();
    assert_eq!(
        last.value(4),
        i64::try_from(rows - 1).expect("a small number")
    );
    assert_eq!(last.null_count(), 0);
}
