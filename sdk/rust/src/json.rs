//! Just enough JSON for requests and answers, so that a module needs no other crate.

use std::fmt::Write;
use std::ops::Index;

/// A JSON value. Numbers keep their text, objects the order of their keys.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    Number(String),
    String(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

static NULL: Json = Json::Null;
const MAX_DEPTH: usize = 200;

impl Json {
    /// Reads one document; the error says at which byte it is not JSON.
    pub fn parse(text: &str) -> std::result::Result<Json, String> {
        let mut p = Parser { bytes: text.as_bytes(), at: 0 };
        let value = p.value(0)?;
        p.space();
        if p.at == p.bytes.len() { Ok(value) } else { p.wrong() }
    }

    /// The text of a string, "" for everything else.
    pub fn text(&self) -> &str {
        if let Json::String(s) = self { s } else { "" }
    }

    /// The value of true; false for everything else.
    pub fn is_true(&self) -> bool {
        *self == Json::Bool(true)
    }

    /// The value of a number; None for everything else.
    pub fn number(&self) -> Option<f64> {
        if let Json::Number(n) = self { n.parse().ok() } else { None }
    }

    /// The elements of an array; empty for everything else.
    pub fn items(&self) -> &[Json] {
        if let Json::Array(list) = self { list } else { &[] }
    }
}

impl Index<&str> for Json {
    type Output = Json;
    /// The value of a key; Null when it is not there.
    fn index(&self, key: &str) -> &Json {
        match self {
            Json::Object(fields) => fields.iter().find(|f| f.0 == key).map_or(&NULL, |f| &f.1),
            _ => &NULL,
        }
    }
}

/// Writes text as a JSON string.
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if (c as u32) < 0x20 => { let _ = write!(out, "\\u{:04x}", c as u32); }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
}

type Parsed<T> = std::result::Result<T, String>;

impl Parser<'_> {
    fn wrong<T>(&self) -> Parsed<T> {
        Err(format!("not JSON at byte {}", self.at))
    }

    fn peek(&self) -> u8 {
        *self.bytes.get(self.at).unwrap_or(&0)
    }

    fn space(&mut self) {
        while matches!(self.peek(), b' ' | b'\n' | b'\r' | b'\t') { self.at += 1; }
    }

    fn take(&mut self, c: u8) -> bool {
        self.space();
        let there = self.peek() == c;
        if there { self.at += 1; }
        there
    }

    fn word(&mut self, word: &str, value: Json) -> Parsed<Json> {
        if !self.bytes[self.at..].starts_with(word.as_bytes()) { return self.wrong(); }
        self.at += word.len();
        Ok(value)
    }

    fn value(&mut self, depth: usize) -> Parsed<Json> {
        if depth > MAX_DEPTH { return self.wrong(); }
        self.space();
        match self.peek() {
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            b'"' => Ok(Json::String(self.string()?)),
            b't' => self.word("true", Json::Bool(true)),
            b'f' => self.word("false", Json::Bool(false)),
            b'n' => self.word("null", Json::Null),
            _ => self.digits(),
        }
    }

    fn digits(&mut self) -> Parsed<Json> {
        let from = self.at;
        while matches!(self.peek(), b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E') { self.at += 1; }
        let text = String::from_utf8_lossy(&self.bytes[from..self.at]).into_owned();
        if text.parse::<f64>().is_err() { return self.wrong(); }
        Ok(Json::Number(text))
    }

    fn array(&mut self, depth: usize) -> Parsed<Json> {
        self.at += 1;
        let mut list = Vec::new();
        if self.take(b']') { return Ok(Json::Array(list)); }
        loop {
            list.push(self.value(depth + 1)?);
            if self.take(b']') { return Ok(Json::Array(list)); }
            if !self.take(b',') { return self.wrong(); }
        }
    }

    fn object(&mut self, depth: usize) -> Parsed<Json> {
        self.at += 1;
        let mut fields = Vec::new();
        if self.take(b'}') { return Ok(Json::Object(fields)); }
        loop {
            self.space();
            let key = self.string()?;
            if !self.take(b':') { return self.wrong(); }
            fields.push((key, self.value(depth + 1)?));
            if self.take(b'}') { return Ok(Json::Object(fields)); }
            if !self.take(b',') { return self.wrong(); }
        }
    }

    fn string(&mut self) -> Parsed<String> {
        if self.peek() != b'"' { return self.wrong(); }
        self.at += 1;
        let mut out = Vec::new();
        loop {
            match self.peek() {
                b'"' => break,
                b'\\' => { self.at += 1; self.escape(&mut out)?; }
                c if c < 0x20 => return self.wrong(),
                c => { out.push(c); self.at += 1; }
            }
        }
        self.at += 1;
        String::from_utf8(out).or_else(|_| self.wrong())
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Parsed<()> {
        let c = self.peek();
        self.at += 1;
        match c {
            b'"' | b'\\' | b'/' => out.push(c),
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'u' => {
                let mut code = self.hex()?;
                if (0xD800..0xDC00).contains(&code) && self.bytes[self.at..].starts_with(b"\\u") {
                    let before = self.at;
                    self.at += 2;
                    let low = self.hex()?;
                    if (0xDC00..0xE000).contains(&low) {
                        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
                    } else {
                        self.at = before;
                    }
                }
                let c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
            _ => return self.wrong(),
        }
        Ok(())
    }

    fn hex(&mut self) -> Parsed<u32> {
        let digits = self.bytes.get(self.at..self.at + 4).and_then(|d| std::str::from_utf8(d).ok());
        match digits.filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit())).and_then(|d| u32::from_str_radix(d, 16).ok()) {
            Some(code) => { self.at += 4; Ok(code) }
            None => self.wrong(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        let text = "a\"b\\c\n\u{1}é😀";
        assert_eq!(Json::parse(&quote(text)).unwrap().text(), text);
    }

    #[test]
    fn reads_documents() {
        let doc = Json::parse(r#" {"a":[1,-2.5e3,true,null,{"b":"x\u00e9\ud83d\ude00\ud800y"}],"c":{}} "#).unwrap();
        assert_eq!(doc["a"].items()[1].number(), Some(-2500.0));
        assert!(doc["a"].items()[2].is_true());
        assert_eq!(doc["a"].items()[4]["b"].text(), "xé😀\u{fffd}y");
        assert_eq!(doc["none"]["at"]["all"], Json::Null);
    }

    #[test]
    fn refuses_what_is_not_json() {
        for wrong in ["", "{", "[1,]", "{\"a\"}", "tru", "1 2", "\"a", "\"\\x\"", "\"\\u12\"", "-", "\"\n\""] {
            assert!(Json::parse(wrong).is_err(), "{wrong:?}");
        }
        assert!(Json::parse(&"[".repeat(100_000)).is_err());
    }
}
