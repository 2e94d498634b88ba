//! Answers of queries, whole and broken.

use aioinflux::{ErrorKind, Event};

use crate::scripted::{Act, always, answer, close, hang, json, keep, reset};
use crate::{client, config, connect};

const ROW: &str = r#"{"results":[{"statement_id":0,"series":[{"name":"cpu","columns":["time","value"],"values":[[1,0.5]]}]}]}"#;
const SECOND_FAILS: &str = r#"{"results":[{"statement_id":1,"error":"no such thing"}]}"#;

/// The head of a chunked answer, and its chunks without the last one.
fn chunks(pieces: &[&str]) -> String {
    let head =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunk = |piece: &&str| format!("{:x}\r\n{piece}\r\n", piece.len());
    [head.to_owned()]
        .into_iter()
        .chain(pieces.iter().map(chunk))
        .collect()
}

fn last_chunk(pieces: &[&str]) -> String {
    chunks(pieces) + "0\r\n\r\n"
}

async fn query(act: Act) -> Result<aioinflux::Answer, aioinflux::Error> {
    client(always(act).await.port)
        .query("SELECT * FROM cpu")
        .await
}

fn gzipped(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, body).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn a_whole_answer_is_taken_by_its_length_or_its_last_chunk() {
    for bytes in [
        json("200 OK", ROW),
        last_chunk(&[&ROW[..50], &ROW[50..]]).into_bytes(),
    ] {
        assert_eq!(query(keep(bytes)).await.unwrap().rows(), 1);
    }
}

#[tokio::test]
async fn an_answer_that_ends_early_is_an_error_that_keeps_the_rows_before() {
    let length = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{ROW}",
        ROW.len() + 1
    );
    let close_delimited = format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{ROW}");
    let old = format!("HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{ROW}");
    for act in [
        close(length.clone()),
        reset(length),
        close(chunks(&[ROW])),
        close(chunks(&[ROW]) + "ff\r\n{"),
        reset(chunks(&[ROW])),
        close(close_delimited),
        close(old),
    ] {
        let error = query(act.clone()).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.is_retryable()),
            (ErrorKind::Transport, true),
            "{act:?}"
        );
        if !format!("{act:?}").contains("Reset") {
            // A reset may overtake the bytes before it.
            assert_eq!(error.answer().unwrap().rows(), 1, "{act:?}");
        }
    }
}

#[tokio::test]
async fn a_raw_answer_that_ends_early_is_an_error_that_keeps_its_bytes() {
    for bytes in [
        format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{ROW}"),
        chunks(&[ROW]),
    ] {
        let server = always(close(bytes)).await;
        let error = client(server.port).query_raw("q").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Transport);
        assert_eq!(&error.raw().unwrap()[..], ROW.as_bytes());
    }
}

#[tokio::test]
async fn a_raw_answer_comes_as_it_is() {
    let server = always(keep(json("200 OK", ROW))).await;
    assert_eq!(
        &client(server.port).query_raw("q").await.unwrap()[..],
        ROW.as_bytes()
    );
}

#[tokio::test]
async fn errors_inside_a_raw_answer_keep_its_bytes() {
    let partial = r#"{"results":[{"statement_id":0,"series":[{"name":"a","columns":["time"],"values":[[1]],"partial":true}]}]}"#;
    for (body, kind) in [
        (SECOND_FAILS, ErrorKind::Statement),
        (partial, ErrorKind::Partial),
        (
            &format!("{ROW}\njson: error calling MarshalJSON"),
            ErrorKind::Decode,
        ),
        (&ROW[..40], ErrorKind::Transport),
    ] {
        let server = always(keep(json("200 OK", body))).await;
        let error = client(server.port).query_raw("q").await.unwrap_err();
        assert_eq!(error.kind(), kind, "{body}");
        assert_eq!(&error.raw().unwrap()[..], body.as_bytes());
    }
}

#[tokio::test]
async fn a_failed_statement_keeps_what_succeeded() {
    let error = query(keep(last_chunk(&[ROW, SECOND_FAILS])))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.statement()),
        (ErrorKind::Statement, Some(1))
    );
    assert_eq!(error.server_message(), Some("no such thing"));
    let answer = error.into_answer().unwrap();
    assert_eq!((answer.rows(), answer.statements.len()), (1, 2));
    assert_eq!(answer.statements[1].error.as_deref(), Some("no such thing"));
}

#[tokio::test]
async fn junk_inside_a_body_is_an_error_that_keeps_the_rows_before() {
    let bytes = last_chunk(&[
        ROW,
        "\njson: error calling MarshalJSON for type *models.Row",
    ]);
    let error = query(keep(bytes)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.to_string().contains("MarshalJSON"), "{error}");
    assert_eq!(error.answer().unwrap().rows(), 1);
}

#[tokio::test]
async fn an_answer_that_the_server_cut_is_an_error() {
    let cut = ROW.replace("]]}", "]],\"partial\":true}");
    let error = query(keep(json("200 OK", &cut))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Partial);
    assert_eq!(error.answer().unwrap().rows(), 1);
}

#[tokio::test]
async fn a_stream_hands_out_events_before_the_error_that_follows() {
    let server = always(close(chunks(&[ROW, SECOND_FAILS]))).await;
    let mut stream = client(server.port).stream("q").await.unwrap();
    let mut seen = Vec::new();
    while let Some(event) = stream.next().await {
        seen.push(match event {
            Ok(Event::Series(_)) => "series".to_owned(),
            Ok(Event::Batch(batch)) => format!("{} rows", batch.num_rows()),
            Ok(Event::StatementEnd { statement }) => format!("end {statement}"),
            Ok(other) => format!("{other:?}"),
            Err(error) => format!("{:?}", error.kind()),
        });
    }
    let expected = [
        "series",
        "1 rows",
        "end 0",
        "Statement",
        "end 1",
        "Transport",
    ];
    assert_eq!(seen, expected);
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn compressed_answers_are_read_by_what_their_header_says() {
    let headers = ["Content-Type: application/json", "Content-Encoding: gzip"];
    let packed = gzipped(ROW.as_bytes());
    let mut members = gzipped(&ROW.as_bytes()[..20]);
    members.extend(gzipped(&ROW.as_bytes()[20..]));
    for body in [&packed, &members] {
        assert_eq!(
            query(keep(answer("200 OK", &headers, body)))
                .await
                .unwrap()
                .rows(),
            1
        );
    }
}

#[tokio::test]
async fn a_compressed_answer_that_ends_with_the_connection_is_not_proven_to_be_whole() {
    let head =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n\r\n";
    // Another member may have been to come.
    let bytes = [head.as_bytes(), &gzipped(ROW.as_bytes())].concat();
    let error = query(close(bytes)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert_eq!(error.answer().unwrap().rows(), 1);
}

#[tokio::test]
async fn the_last_transfer_encoding_tells_whether_an_end_is_proven() {
    let head = |codings: &[&str]| {
        let codings = codings
            .iter()
            .map(|c| format!("Transfer-Encoding: {c}\r\n"));
        let codings: String = codings.collect();
        format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{codings}\r\n")
    };
    for codings in [["chunked", "identity"].as_slice(), &["chunked, identity"]] {
        let error = query(close(head(codings) + ROW)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Transport, "{codings:?}");
        assert_eq!(error.answer().unwrap().rows(), 1);
    }
    let chunk = format!("{:x}\r\n{ROW}\r\n0\r\n\r\n", ROW.len());
    let answer = query(close(head(&["identity", "chunked"]) + &chunk)).await;
    assert_eq!(answer.unwrap().rows(), 1);
}

#[tokio::test]
async fn a_compressed_answer_that_ends_early_is_an_error_wherever_it_ends() {
    let headers = ["Content-Type: application/json", "Content-Encoding: gzip"];
    let packed = gzipped(ROW.as_bytes());
    for cut in 0..packed.len() {
        let error = query(keep(answer("200 OK", &headers, &packed[..cut])))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Transport, "cut at {cut}");
    }
}

#[tokio::test]
async fn an_unknown_content_encoding_is_an_error() {
    let headers = ["Content-Type: application/json", "Content-Encoding: br"];
    let error = query(keep(answer("200 OK", &headers, ROW)))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
}

#[tokio::test]
async fn the_names_of_codings_have_no_case() {
    for (coding, packed) in [("GZIP", true), ("X-Gzip", true), ("Identity", false)] {
        let coding = format!("Content-Encoding: {coding}");
        let headers = ["Content-Type: application/json", &coding];
        let body = if packed {
            gzipped(ROW.as_bytes())
        } else {
            ROW.into()
        };
        let answer = query(keep(answer("200 OK", &headers, body))).await;
        assert_eq!(answer.unwrap().rows(), 1, "{coding}");
    }
}

#[tokio::test]
async fn gzip_is_asked_for_only_when_the_config_says_so() {
    let server = always(keep(json("200 OK", ROW))).await;
    for accept in [false, true] {
        let client = connect(config(server.port).accept_gzip(accept)).unwrap();
        client.query("q").await.unwrap();
    }
    let asked: Vec<_> = server
        .received()
        .iter()
        .map(|request| request.header("accept-encoding").map(str::to_owned))
        .collect();
    assert_eq!(asked, [None, Some("gzip".to_owned())]);
}

#[tokio::test]
async fn dropping_a_stream_closes_its_connection() {
    let mut server = always(hang(chunks(&[ROW]))).await;
    let mut stream = client(server.port).stream("q").await.unwrap();
    assert!(matches!(stream.next().await, Some(Ok(Event::Series(_)))));
    drop(stream);
    server.closed().await;
}
