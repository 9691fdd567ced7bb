//! Warns before a reverse when the cluster that will be written to has little room in its connection pool: a check in
//! Rust that asks the server.

use revsync::{check, Finding, Host, Json, Result, Status};

revsync::serve!("example.connections", "1.0.0", check("connections", connections).asks("source", &["serverStatus"]));

/// After a reverse everybody connects to what is the source now.
fn connections(host: &dyn Host, _request: &Json) -> Result {
    let status = host.run_command("source", "admin", r#"{"serverStatus":1}"#)?;
    let connections = &status["connections"];
    let (Some(current), Some(available)) = (connections["current"].number(), connections["available"].number()) else {
        return Err(Status { code: 9, message: "serverStatus says nothing about connections".into() });
    };
    let message = format!("{current} connections are in use, {available} are free");
    if available < current {
        return Ok(vec![Finding::warning("CONNECTIONS_SHORT", message)
            .cure("raise net.maxIncomingConnections on the members of the source, or close what is not needed")]);
    }
    Ok(vec![Finding::info("CONNECTIONS", message)])
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Says(&'static str);
    impl Host for Says {
        fn call(&self, _op: &str, _request: &str) -> std::result::Result<Json, Status> {
            Json::parse(self.0).map_err(|message| Status { code: 13, message })
        }
        fn log(&self, _level: i32, _line: &str) {}
    }

    #[test]
    fn judges_by_what_is_free() {
        let found = |reply| connections(&Says(reply), &Json::Null).map(|f| f[0].code);
        assert_eq!(found(r#"{"connections":{"current":10,"available":90}}"#), Ok("CONNECTIONS"));
        assert_eq!(found(r#"{"connections":{"current":90,"available":10}}"#), Ok("CONNECTIONS_SHORT"));
        assert!(found("{}").is_err());
        assert_eq!(connections(&revsync::Denies, &Json::Null).unwrap_err().code, 7);
    }
}
