//! Tests answers to queries, both complete and broken.

use aioinflux::{ErrorKind, Event};

use crate::scripted::{Act, always, answer, close, hang, json, keep, reset};
use crate::{client, config, connect};

const ROW: &str = r#"{"results":[{"statement_id":0,"series":[{"name":"cpu","columns":["time","value"],"values":[[1,0.5]]}]}]}"#;
const SECOND_FAILS: &str = r#"{"results":[{"statement_id":1,"error":"no such thing"}]}"#;

/// Returns the head of a chunked answer and the given chunks, but not the last, empty chunk.
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
    for act in [
        close(length.clone()),
        reset(length),
        close(chunks(&[ROW])),
        close(chunks(&[ROW]) + "ff\r\n{"),
        reset(chunks(&[ROW])),
    ] {
        let error = query(act.clone()).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.is_retryable()),
            (ErrorKind::Transport, true),
            "{act:?}"
        );
        if !format!("{act:?}").contains("Reset") {
            // A reset of the connection can arrive before the bytes that were sent earlier.
            assert_eq!(error.answer().unwrap().rows(), 1, "{act:?}");
        }
    }
}

#[tokio::test]
async fn a_raw_answer_that_ends_early_is_an_error_that_keeps_its_bytes() {
    let server = always(close(chunks(&[ROW]))).await;
    let error = client(server.port).query_raw("q").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert_eq!(&error.raw().unwrap()[..], ROW.as_bytes());
}

#[tokio::test]
async fn an_answer_that_ends_with_its_connection_is_refused_at_every_try() {
    for version in ["1.0", "1.1"] {
        let head = format!("HTTP/{version} 200 OK\r\nContent-Type: application/json\r\n\r\n");
        let server = always(close(head + ROW)).await;
        let client = client(server.port);
        let table = client.query("q").await.unwrap_err();
        assert_eq!(table.answer().unwrap().rows(), 1);
        let raw = client.query_raw("q").await.unwrap_err();
        assert_eq!(&raw.raw().unwrap()[..], ROW.as_bytes());
        for error in [table, raw] {
            let seen = (error.kind(), error.is_retryable());
            assert_eq!(seen, (ErrorKind::Decode, false), "{error}");
            assert!(error.to_string().contains("HTTP/1.0; hint: "), "{error}");
        }
    }
}

#[tokio::test]
async fn what_is_no_answer_of_a_query_may_end_with_its_connection() {
    let refused = "HTTP/1.0 400 Bad Request\r\nContent-Type: application/json\r\n\r\n\
                   {\"error\":\"no such thing\"}";
    let server = always(close(refused)).await;
    let error = client(server.port).query("q").await.unwrap_err();
    assert_eq!(error.server_message(), Some("no such thing"));
    let server = always(close("HTTP/1.0 204 No Content\r\n\r\n")).await;
    client(server.port).ping().await.unwrap();
}

/// For statements such as `DELETE`, 2.x runs the statement but sends an empty answer.
#[tokio::test]
async fn nothing_is_an_answer_to_statements_that_2_x_answers_nothing_to() {
    let media = ["Content-Type: application/json"];
    let packed = [media[0], "Content-Encoding: gzip"];
    for bytes in [
        answer("200 OK", &media, ""),
        last_chunk(&[]).into_bytes(),
        answer("200 OK", &packed, ""),
        answer("200 OK", &packed, gzipped(b"")),
        json("200 OK", "{}\n"),
    ] {
        let server = always(keep(bytes)).await;
        let client = client(server.port);
        for text in ["DELETE FROM a", "drop measurement \"a;b\" ; DELETE FROM b"] {
            assert_eq!(client.query(text).await.unwrap().statements, []);
            let raw = client.query_raw(text).await.unwrap();
            assert!(raw.is_empty() || &raw[..] == b"{}\n");
            assert!(client.stream(text).await.unwrap().next().await.is_none());
        }
    }
}

#[tokio::test]
async fn nothing_is_an_error_for_all_other_statements_and_without_a_proven_end() {
    let empty = answer("200 OK", &["Content-Type: application/json"], "");
    let server = always(keep(empty)).await;
    let client = client(server.port);
    for text in [
        "SELECT v FROM a",
        "DELETE FROM a; SELECT v FROM a",
        "DROP SERIES FROM a",
    ] {
        let error = client.query(text).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{text}: {error}");
        let error = client.query_raw(text).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{text}: {error}");
    }
    for bytes in [
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n".to_owned(),
        chunks(&[]),
    ] {
        let server = always(close(bytes)).await;
        let client = crate::client(server.port);
        assert!(client.query("DELETE FROM a").await.is_err());
        assert!(client.query_raw("DELETE FROM a").await.is_err());
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
        (&ROW[..40], ErrorKind::Decode),
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
    // The connection closed after a gzip member, but the server could have intended to send another
    // one.
    let bytes = [head.as_bytes(), &gzipped(ROW.as_bytes())].concat();
    let error = query(close(bytes)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
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
        assert_eq!(error.kind(), ErrorKind::Decode, "{codings:?}");
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
        assert_eq!(error.kind(), ErrorKind::Decode, "cut at {cut}");
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
