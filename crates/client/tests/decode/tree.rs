//! Parses any answer into a tree: from JSON (with `serde_json`) and from `MessagePack` (with a tiny
//! reader).

use serde_json::Value;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Tree {
    Null,
    Boolean(bool),
    Integer(i128),
    Float(f64),
    Time(i64),
    Text(String),
    List(Vec<Tree>),
    Map(Vec<(String, Tree)>),
}

impl Tree {
    pub(crate) fn get(&self, key: &str) -> Option<&Tree> {
        let Tree::Map(members) = self else {
            return None;
        };
        members
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value)
    }

    pub(crate) fn list(&self, key: &str) -> &[Tree] {
        match self.get(key) {
            Some(Tree::List(items)) => items,
            _ => &[],
        }
    }

    pub(crate) fn text(&self, key: &str) -> Option<String> {
        match self.get(key) {
            Some(Tree::Text(text)) => Some(text.clone()),
            _ => None,
        }
    }

    pub(crate) fn is_true(&self, key: &str) -> bool {
        self.get(key) == Some(&Tree::Boolean(true))
    }
}

/// Reads JSON documents up to the first invalid document. Also returns whether all documents were
/// valid.
pub(crate) fn json_documents(body: &[u8]) -> (Vec<Tree>, bool) {
    let mut documents = Vec::new();
    for document in serde_json::Deserializer::from_slice(body).into_iter::<Value>() {
        match document {
            Ok(value @ Value::Object(_)) => documents.push(from_json(value)),
            _ => return (documents, false),
        }
    }
    (documents, true)
}

fn from_json(value: Value) -> Tree {
    match value {
        Value::Null => Tree::Null,
        Value::Bool(value) => Tree::Boolean(value),
        Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(n), _, _) => Tree::Integer(n.into()),
            (_, Some(n), _) => Tree::Integer(n.into()),
            (_, _, n) => Tree::Float(n.expect("every number is a float")),
        },
        Value::String(text) => Tree::Text(text),
        Value::Array(items) => Tree::List(items.into_iter().map(from_json).collect()),
        Value::Object(members) => Tree::Map(
            members
                .into_iter()
                .map(|(key, value)| (key, from_json(value)))
                .collect(),
        ),
    }
}

/// Reads `MessagePack` documents up to the first invalid document. Also returns whether all
/// documents were valid.
pub(crate) fn msgpack_documents(mut body: &[u8]) -> (Vec<Tree>, bool) {
    let mut documents = Vec::new();
    while !body.is_empty() {
        match msgpack(&mut body) {
            Some(document @ Tree::Map(_)) => documents.push(document),
            _ => return (documents, false),
        }
    }
    (documents, true)
}

fn msgpack(input: &mut &[u8]) -> Option<Tree> {
    let byte = take(input, 1)?[0];
    Some(match byte {
        0x00..=0x7f => Tree::Integer(byte.into()),
        0x80..=0x8f => map(input, (byte & 0x0f).into())?,
        0x90..=0x9f => list(input, (byte & 0x0f).into())?,
        0xa0..=0xbf => text(input, (byte & 0x1f).into())?,
        0xc0 => Tree::Null,
        0xc2 => Tree::Boolean(false),
        0xc3 => Tree::Boolean(true),
        0xc7 => time(take(input, 14)?),
        0xca => Tree::Float(f32::from_bits(u32::try_from(number(input, 4)?).ok()?).into()),
        0xcb => Tree::Float(f64::from_bits(u64::try_from(number(input, 8)?).ok()?)),
        0xcc..=0xcf => Tree::Integer(number(input, 1 << (byte - 0xcc))?),
        0xd0..=0xd3 => {
            let size = 1 << (byte - 0xd0);
            let bits = 8 * u32::try_from(size).ok()?;
            let n = number(input, size)?;
            Tree::Integer(if n >> (bits - 1) == 1 {
                n - (1 << bits)
            } else {
                n
            })
        }
        0xd9..=0xdb => {
            let size = number(input, 1 << (byte - 0xd9))?;
            text(input, size)?
        }
        0xdc | 0xdd => {
            let count = number(input, 2 << (byte - 0xdc))?;
            list(input, count)?
        }
        0xde | 0xdf => {
            let count = number(input, 2 << (byte - 0xde))?;
            map(input, count)?
        }
        0xe0..=0xff => Tree::Integer(i128::from(byte) - 256),
        _ => return None,
    })
}

fn take<'a>(input: &mut &'a [u8], size: usize) -> Option<&'a [u8]> {
    let (head, rest) = input.split_at_checked(size)?;
    *input = rest;
    Some(head)
}

fn number(input: &mut &[u8], size: usize) -> Option<i128> {
    Some(
        take(input, size)?
            .iter()
            .fold(0, |n, byte| n << 8 | i128::from(*byte)),
    )
}

fn text(input: &mut &[u8], size: i128) -> Option<Tree> {
    let bytes = take(input, usize::try_from(size).ok()?)?;
    Some(Tree::Text(String::from_utf8(bytes.to_vec()).ok()?))
}

fn list(input: &mut &[u8], count: i128) -> Option<Tree> {
    (0..count)
        .map(|_| msgpack(input))
        .collect::<Option<_>>()
        .map(Tree::List)
}

fn map(input: &mut &[u8], count: i128) -> Option<Tree> {
    let member = |_| match msgpack(input)? {
        Tree::Text(key) => Some((key, msgpack(input)?)),
        _ => None,
    };
    (0..count).map(member).collect::<Option<_>>().map(Tree::Map)
}

/// Parses a time in `MessagePack`, which has length 12, type 5, seconds and nanoseconds.
fn time(bytes: &[u8]) -> Tree {
    assert_eq!(bytes[..2], [12, 5]);
    let seconds = i64::from_be_bytes(bytes[2..10].try_into().expect("8 bytes"));
    let nanoseconds = i32::from_be_bytes(bytes[10..].try_into().expect("4 bytes"));
    Tree::Time(seconds * 1_000_000_000 + i64::from(nanoseconds))
}
