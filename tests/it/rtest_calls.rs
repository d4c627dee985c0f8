//! The regression surface, as its public suite uses it.

use crate::app::TestApp;
use serde_json::json;

#[test]
fn a_login_sees_its_own_row_in_the_log() {
    let app = TestApp::rtest();
    let client = app.anon();
    assert_eq!(client.fails("whoami", json!(null)).0, 2);
    assert_eq!(client.ok("login", json!({"uname": "rtest", "pwd": "1234"})), json!({"id": 1}));
    let me = client.ok("UserA.get?id=1&res=id,lastLogAc,logCnt", json!(null));
    assert_eq!(me, json!({"id": 1, "lastLogAc": "login", "logCnt": 1}));
}

#[test]
fn typed_lookups() {
    let app = TestApp::rtest();
    let client = app.anon();
    assert_eq!(client.ok("fn?f=param&name=cnt/i&cnt=1.7", json!(null)), json!(1));
    assert_eq!(client.ok("fn?f=param&name=items/i:n?:s&items=100:1:a,101::b", json!(null)), json!([[100, 1, "a"], [101, null, "b"]]));
    assert_eq!(client.fails("fn?f=mparam&name=cnt/i", json!(null)).1, "缺少参数`cnt`");
}
