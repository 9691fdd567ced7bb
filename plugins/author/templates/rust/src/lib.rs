use revsync::{check, Finding, Host, Json, Result};

revsync::serve!("{{.Name}}", "1.0.0", check("hello", hello));

fn hello(_host: &dyn Host, request: &Json) -> Result {
    Ok(vec![Finding::info("HELLO", format!("hello from sync {}", request["sync"]["id"].text()))])
}

#[test]
fn says_hello() {
    let request = Json::parse(r#"{"sync":{"id":"s1"}}"#).unwrap();
    assert_eq!(hello(&revsync::Denies, &request).unwrap()[0].message, "hello from sync s1");
}
