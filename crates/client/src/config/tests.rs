#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;

fn error(url: &str) -> String {
    Config::new(url).unwrap_err().to_string()
}

#[test]
fn a_url_gives_server_path_names_and_limits() {
    let config = Config::new(concat!(
        "https://db.example:1234/influx?db=my%20db&rp=week&consistency=ALL&timeout=250ms",
        "&read_timeout=none&connect_timeout=2m&gzip=always&accept_gzip=true&max_requests=3"
    ))
    .unwrap();
    assert_eq!(config.url(), "https://db.example:1234/influx/");
    assert_eq!(
        config.endpoint("write").as_str(),
        "https://db.example:1234/influx/write"
    );
    assert_eq!(config.database_name(), Some("my db"));
    assert_eq!(config.retention_policy_name(), Some("week"));
    assert_eq!(config.write_consistency(), Some(Consistency::All));
    assert_eq!(config.total_limit(), Some(Duration::from_millis(250)));
    assert_eq!(config.read_limit(), None);
    assert_eq!(config.connect_limit(), Some(Duration::from_secs(120)));
    assert_eq!(config.gzip_mode(), Gzip::Always);
    assert!(config.accepts_gzip());
    assert_eq!(config.request_limit(), 3);
}

#[test]
fn user_and_password_leave_the_url() {
    let config = Config::new("http://a%20b:p%40ss%3Aw%C3%B6rd@h:8086/").unwrap();
    assert_eq!(config.url(), "http://h:8086/");
    assert_eq!(*config.auth_given(), Auth::basic("a b", "p@ss:wörd"));
    assert_eq!(config.user(), Some("a b"));
}

#[test]
fn a_password_is_shown_nowhere() {
    let config = Config::new("http://user:hunter2@h:8086/")
        .unwrap()
        .proxy(Proxy::Url("http://me:hunter2@proxy:1/x?p=hunter2".into()));
    let shown = format!("{config:?} {:#?}", config.clone());
    assert!(!shown.contains("hunter2"), "{shown}");
    assert!(shown.contains("http://***@proxy:1/x"), "{shown}");
    for url in [
        "user:hunter2@host:8086",
        "ftp://user:hunter2@host/",
        "http://user:hunter2@host:99999",
        "http://user:hunter2@host/#x",
        "http://user:hunter2@/",
        "http://host:8086?p=hunter2",
        "http://host:8086?password=hunter2",
        "http://host:8086?passwrd=hunter2",
        "http://user:%FFhunter2@host",
    ] {
        let shown = format!("{} {:?}", error(url), Config::new(url));
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

#[test]
fn reserved_characters_in_a_password_are_refused_and_nothing_of_it_is_shown() {
    for url in [
        "http://alice:secret#1@host:8086",
        "http://alice:12?hunter2@host:8086",
        "http://alice:12#hunter2@host",
        "http://alice:12/hunter2@host",
        "http://alice:12\\hunter2@host",
        "http:/alice:12/hunter2@host",
        "http://alice:12?timeout=hunter2@host",
        "http://alice:secret@12/hunter2@host",
    ] {
        let text = error(url);
        assert!(
            text.starts_with("url: contains an `@` after the host; "),
            "{url}: {text}"
        );
        assert!(text.contains("percent-encoded"), "{text}");
        for secret in ["alice", "secret", "12", "hunter2"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
    let encoded = Config::new("http://h/base%40path?db=a%40b").unwrap();
    assert_eq!(encoded.url(), "http://h/base%40path/");
    assert_eq!(encoded.database_name(), Some("a@b"));
}

#[test]
fn a_proxy_shows_nothing_before_the_last_at_sign() {
    for (url, shown) in [
        ("http://alice:hun#ter2@proxy:3128", "http://***@proxy:3128"),
        ("http://alice:hun?ter2@proxy:3128", "http://***@proxy:3128"),
        ("http://alice:12/hunter2@proxy/x?y", "http://***@proxy/x"),
        ("http://alice:hun@ter2@proxy", "http://***@proxy"),
        ("alice:hunter://2@proxy", "***@proxy"),
        ("http://alice:hunter2%40proxy", "http://***%40proxy"),
        ("http://proxy:3128", "http://proxy:3128"),
    ] {
        let debug = format!("{:?}", Proxy::Url(url.into()));
        assert_eq!(debug, format!("Url({shown:?})"), "{url}");
    }
}

#[test]
fn a_key_that_looks_like_no_key_is_not_shown() {
    let text = error("http://alice:12?hunter2%40host");
    assert!(
        text.starts_with("url: unknown key; known keys: `db`, "),
        "{text}"
    );
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn a_host_without_scheme_is_refused_with_the_form_that_is_expected() {
    for url in [
        "localhost:8086",
        "127.0.0.1:8086",
        "db.example",
        "//h:8086",
        "ftp://h",
    ] {
        let text = error(url);
        assert!(
            text.starts_with(&format!("url `{url}`: no scheme")),
            "{text}"
        );
        assert!(
            text.ends_with("expected `http://host:port` or `https://host:port`"),
            "{text}"
        );
    }
}

#[test]
fn an_unknown_key_is_refused_with_the_nearest_one() {
    for (key, near) in [
        ("database", "db"),
        ("retention_policy", "rp"),
        ("DB", "db"),
        ("consistensy", "consistency"),
        ("readtimeout", "read_timeout"),
    ] {
        let text = error(&format!("http://h?{key}=1"));
        assert!(
            text.starts_with(&format!(
                "url: unknown key `{key}`; did you mean `{near}`? "
            )),
            "{text}"
        );
    }
    let text = error("http://h?completely_different=1");
    assert!(
        text.starts_with("url: unknown key `completely_different`; known keys: `db`, "),
        "{text}"
    );
}

#[test]
fn a_value_that_a_key_cannot_have_is_refused() {
    for (pair, expected) in [
        (
            "consistency=two",
            "expected `any`, `one`, `quorum` or `all`, got `two`",
        ),
        (
            "timeout=5",
            "expected a duration such as `250ms`, `5s` or `2m`, or `none`, got `5`",
        ),
        (
            "timeout=s",
            "expected a duration such as `250ms`, `5s` or `2m`, or `none`, got `s`",
        ),
        ("gzip=on", "expected `auto`, `always` or `never`, got `on`"),
        ("accept_gzip=1", "expected `true` or `false`, got `1`"),
        ("verify_ssl=no", "expected `true` or `false`, got `no`"),
        ("max_requests=-1", "expected a positive number, got `-1`"),
        ("max_requests=0", "expected a positive number, got `0`"),
    ] {
        let text = error(&format!("http://h?{pair}"));
        assert!(text.ends_with(expected), "{text}");
    }
}

#[test]
fn hosts_of_this_machine_are_local() {
    for (url, local) in [
        ("http://localhost:8086", true),
        ("http://db.localhost:8086", true),
        ("http://localhost.:8086", true),
        ("http://db.localhost.", true),
        ("http://127.9.9.9:8086", true),
        ("http://[::1]:8086", true),
        ("http://[2001:db8::1]:8086", false),
        ("http://128.0.0.1", false),
        ("http://localhost.example", false),
    ] {
        assert_eq!(Config::new(url).unwrap().is_local(), local, "{url}");
    }
    let config = Config::new("http://db.example")
        .unwrap()
        .unix_socket("/run/influxdb.sock");
    assert!(config.is_local());
}

#[test]
fn an_ipv6_host_keeps_its_brackets() {
    let config = Config::new("http://[::1]:8086/base").unwrap();
    assert_eq!(
        config.endpoint("ping").as_str(),
        "http://[::1]:8086/base/ping"
    );
}

#[test]
fn gzip_applies_from_a_size_on_for_remote_hosts() {
    assert!(!Gzip::Auto.applies(1023, false));
    assert!(Gzip::Auto.applies(1024, false));
    assert!(!Gzip::Auto.applies(1 << 20, true));
    assert!(Gzip::Always.applies(1, true));
    assert!(!Gzip::Never.applies(1 << 20, false));
}

#[test]
fn names_of_a_call_come_before_those_of_the_config() {
    let config = Config::new("http://h:8086?db=x&rp=week").unwrap();
    let call = Config::default().bucket("y").organization("o");
    let names = call.names().or(config.names());
    assert_eq!(names.database.as_deref(), Some("y"));
    assert_eq!(names.retention_policy.as_deref(), Some("week"));
    assert_eq!(names.organization.as_deref(), Some("o"));
}

#[test]
fn units_are_read_by_their_names() {
    for (name, unit) in [
        ("n", Precision::Nanoseconds),
        ("ns", Precision::Nanoseconds),
        ("us", Precision::Microseconds),
        ("u", Precision::Microseconds),
        ("h", Precision::Hours),
    ] {
        assert_eq!(Precision::from_name(name), Some(unit));
    }
    assert_eq!(Precision::from_name("parsec"), None);
}

#[test]
fn a_url_leaves_verification_out_and_certificates_that_are_given_later_count() {
    let verifies = |config: &Config| config.tls_choice().verifies();
    let config = Config::new("https://db.example?verify_ssl=false").unwrap();
    assert!(!verifies(&config));
    assert!(verifies(&config.tls(Tls::new())));
    for url in ["https://db.example", "https://db.example?verify_ssl=true"] {
        assert!(verifies(&Config::new(url).unwrap()));
    }
}
