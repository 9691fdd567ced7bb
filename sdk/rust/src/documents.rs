//! Reading collections batch by batch.

use crate::{Host, Json, Status};

/// The documents of a cursor, one by one. An error is the last thing that comes. Dropped early, it closes the cursor.
pub struct Documents<'a> {
    host: &'a dyn Host,
    batch: std::vec::IntoIter<Json>,
    cursor: u64,
    failed: Option<Status>,
}

/// Asks for the documents of "find" or "aggregate"; the request is JSON.
///
/// ```ignore
/// for order in documents(host, "find", r#"{"cluster":"source","database":"app","collection":"orders"}"#) {
///     let order = order?;
/// }
/// ```
pub fn documents<'a>(host: &'a dyn Host, op: &str, request: &str) -> Documents<'a> {
    let mut docs = Documents { host, batch: Vec::new().into_iter(), cursor: 0, failed: None };
    docs.ask(op, request);
    docs
}

impl Documents<'_> {
    fn ask(&mut self, op: &str, request: &str) {
        self.cursor = 0;
        match self.host.call(op, request) {
            Ok(reply) => {
                self.cursor = reply["cursor"].number().unwrap_or(0.0) as u64;
                self.batch = reply["documents"].items().to_vec().into_iter();
            }
            Err(status) => self.failed = Some(status),
        }
    }

    fn handle(&self) -> String {
        format!(r#"{{"cursor":{}}}"#, self.cursor)
    }
}

impl Iterator for Documents<'_> {
    type Item = std::result::Result<Json, Status>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(status) = self.failed.take() {
                return Some(Err(status));
            }
            if let Some(doc) = self.batch.next() {
                return Some(Ok(doc));
            }
            if self.cursor == 0 {
                return None;
            }
            self.ask("cursor.next", &self.handle());
        }
    }
}

impl Drop for Documents<'_> {
    fn drop(&mut self) {
        if self.cursor != 0 {
            let _ = self.host.call("cursor.close", &self.handle()); // what stays open ends with the evaluation
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    /// Two batches, and what was asked.
    struct Shelf(RefCell<Vec<String>>);

    impl Host for Shelf {
        fn call(&self, op: &str, request: &str) -> std::result::Result<Json, Status> {
            self.0.borrow_mut().push(format!("{op} {request}"));
            match op {
                "find" => Ok(Json::parse(r#"{"documents":[{"n":1},{"n":2}],"cursor":1}"#).unwrap()),
                "cursor.next" => Ok(Json::parse(r#"{"documents":[{"n":3}]}"#).unwrap()),
                "cursor.close" => Ok(Json::parse("{}").unwrap()),
                _ => Err(Status { code: 7, message: String::new() }),
            }
        }
        fn log(&self, _: i32, _: &str) {}
    }

    #[test]
    fn reads_to_the_end() {
        let shelf = Shelf(RefCell::default());
        let n: Vec<_> = documents(&shelf, "find", "{}").map(|d| d.unwrap()["n"].number().unwrap()).collect();
        assert_eq!(n, [1.0, 2.0, 3.0]);
        assert_eq!(*shelf.0.borrow(), ["find {}", r#"cursor.next {"cursor":1}"#]);
    }

    #[test]
    fn closes_what_is_left_early() {
        let shelf = Shelf(RefCell::default());
        assert!(documents(&shelf, "find", "{}").next().is_some());
        assert_eq!(*shelf.0.borrow(), ["find {}", r#"cursor.close {"cursor":1}"#]);
    }

    #[test]
    fn ends_with_an_error() {
        let shelf = Shelf(RefCell::default());
        let all: Vec<_> = documents(&shelf, "aggregate", "{}").collect();
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].as_ref().unwrap_err().code, 7);
    }
}
