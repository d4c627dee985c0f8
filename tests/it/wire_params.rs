//! Parameters: two maps, brackets, bodies of every type, charsets, and the typed lookups.

use crate::app::{Client, TestApp};
use serde_json::{Value, json};

/// A typed lookup over the wire; the query goes as it is.
fn lookup(client: &Client<'_>, query: &str) -> Value {
    let answer = client.call(&format!("fn?f=param&{query}"), json!(null));
    assert_eq!(answer[0], 0, "{query}: {answer}");
    answer[1].clone()
}

#[track_caller]
fn refused(client: &Client<'_>, query: &str, detail: &str) {
    let answer = client.call(&format!("fn?f=param&{query}"), json!(null));
    assert_eq!(answer[0], 1, "{query}: {answer}");
    assert!(answer[2].as_str().unwrap().contains(detail), "{query}: {answer}");
}

#[test]
fn f013_the_url_wins_over_the_body() {
    let app = TestApp::rtest();
    let anon = app.anon();
    assert_eq!(anon.form("fn?f=param&name=a&a=url", "a=body"), json!([0, "url"]));
    assert_eq!(anon.form("fn?f=param&name=a", "a=body"), json!([0, "body"]));
    assert_eq!(anon.form("fn?f=param&name=a&a=url&coll=P", "a=body"), json!([0, "body"]));
    assert_eq!(anon.form("fn?f=param&name=a&coll=G", "a=body"), json!([0, null]));
}

#[test]
fn f014_an_empty_url_parameter_shadows_the_body() {
    let app = TestApp::rtest();
    let anon = app.anon();
    assert_eq!(anon.form("fn?f=param&name=a&defVal=d&a=", "a=body"), json!([0, "d"]));
    assert_eq!(anon.form("fn?f=param&name=a&a=", "a=body"), json!([0, null]));
    assert_eq!(anon.form("fn?f=mparam&name=a&a=", "a=body")[1], "缺少参数`a`");
}

#[test]
fn f015_json_bodies_keep_their_types() {
    let app = TestApp::rtest();
    let anon = app.anon();
    for value in [json!(5), json!(1.5), json!(true), json!("x"), json!({"a": [1, null]}), json!([1, "2"])] {
        assert_eq!(anon.ok("fn?f=param&name=a", json!({"a": value})), value);
    }
    assert_eq!(anon.ok("fn?f=param&name=a&defVal=d", json!({"a": null})), json!("d"));
}

#[test]
fn f016_a_body_that_is_not_what_it_says() {
    let app = TestApp::rtest();
    for body in ["{", "5", "\"text\"", "{\"a\":1}x", "nul"] {
        let headers = [("content-type", "application/json; charset=utf-8")];
        let answer = app.anon().send("POST", "fn?f=param&name=a", &headers, Some(body.into())).json();
        assert_eq!(answer, json!([1, "参数不正确", "bad json-format body"]), "{body}");
    }
}

#[test]
fn f017_brackets_nest() {
    let app = TestApp::rtest();
    let anon = app.anon();
    assert_eq!(lookup(&anon, "name=a&a[b][c]=1&a[b][d]=x y"), json!({"b": {"c": "1", "d": "x y"}}));
    assert_eq!(lookup(&anon, "name=a&a[]=1&a[]=2"), json!(["1", "2"]));
    assert_eq!(lookup(&anon, "name=a&a%5B0%5D%5Bid%5D=7"), json!([{"id": "7"}]));
    assert_eq!(
        anon.form("fn?f=param&name=a", "a%5Bb%5D%5B%5D=1&a%5Bb%5D%5B%5D=2"),
        json!([0, {"b": ["1", "2"]}])
    );
    let id = anon.ok("ApiLog.add", json!({"ac": "brackets"}));
    assert_eq!(anon.ok("ApiLog.query?res=id&fmt=array&cond[ac]=brackets", json!(null)), json!([{"id": id}]));
    assert_eq!(
        anon.form("ApiLog.query", &format!("res=id&fmt=array&cond[ac]=brackets&cond[id]={id}")),
        json!([0, [{"id": id}]])
    );
    assert_eq!(anon.form("ApiLog.query", "res=id&fmt=array&cond[ac]=brackets&cond[id]=0"), json!([0, []]));
}

#[test]
fn f018_bodies_in_other_charsets() {
    let app = TestApp::rtest();
    let anon = app.anon();
    // 筋斗 in GBK.
    let word = [0xBD, 0xEE, 0xB6, 0xB7];
    let json_body = [b"{\"a\":\"".as_slice(), &word, b"\"}"].concat();
    for charset in ["gbk", "GB2312", "gb18030"] {
        let kind = format!("application/json;charset={charset}");
        let got = anon.send("POST", "fn?f=param&name=a", &[("content-type", &kind)], Some(json_body.clone()));
        assert_eq!(got.json(), json!([0, "筋斗"]), "{charset}");
        let kind = format!("application/x-www-form-urlencoded; charset={charset}");
        for body in [b"a=%BD%EE%B6%B7".to_vec(), [b"a=".as_slice(), &word].concat()] {
            let got = anon.send("POST", "fn?f=param&name=a", &[("content-type", &kind)], Some(body));
            assert_eq!(got.json(), json!([0, "筋斗"]), "{charset}");
        }
    }
}

#[test]
fn f019_ids() {
    let app = TestApp::rtest();
    let anon = app.anon();
    assert_eq!(lookup(&anon, "name=id&id=12"), json!(12));
    assert_eq!(lookup(&anon, "name=userId&userId=12"), json!(12));
    assert_eq!(lookup(&anon, "name=n/id&n=12"), json!(12));
    refused(&anon, "name=id&id=9a", "id param `id`=`9a`");
    refused(&anon, "name=userId&userId=x", "id param `userId`=`x`");
    refused(&anon, "name=id&id=0123456789abcdef", "id param");
}

#[test]
fn f020_f021_numbers_and_flags() {
    let app = TestApp::rtest();
    let anon = app.anon();
    for (text, number) in [("1.7", 1), ("-5", -5), ("-1.7", -1), ("1e3", 1000)] {
        assert_eq!(lookup(&anon, &format!("name=n/i&n={text}")), json!(number), "{text}");
    }
    assert_eq!(lookup(&anon, "name=n/n&n=1e3"), json!(1000));
    assert_eq!(lookup(&anon, "name=n/n&n=1.5"), json!(1.5));
    refused(&anon, "name=n/i&n=5x", "integer param `n`");
    refused(&anon, "name=n/n&n=x", "numeric param `n`");
    for (texts, flag) in
        [(["1", "true", "on", "yes", "YES"], true), (["0", "false", "off", "no", "False"], false)]
    {
        for text in texts {
            assert_eq!(lookup(&anon, &format!("name=b/b&b={text}")), json!(flag), "{text}");
        }
    }
    for text in ["2", "maybe", "t"] {
        refused(&anon, &format!("name=b/b&b={text}"), "bool param `b`");
    }
}

#[test]
fn f022_times_are_local() {
    let app = TestApp::rtest();
    let anon = app.anon();
    // 2026-11-20 10:30 in Shanghai.
    let moment = 1_795_141_800;
    for text in [
        "2026-11-20 10:30:00",
        "2026/11/20 10:30",
        "11/20/2026 10:30",
        "2026-11-20T10:30:00",
        "2026-11-20T02:30:00Z",
        "2026-11-20T03:30:00%2B01:00",
    ] {
        assert_eq!(lookup(&anon, &format!("name=t/tm&t={text}")), json!(moment), "{text}");
        let midnight = moment - (10 * 60 + 30) * 60;
        assert_eq!(lookup(&anon, &format!("name=t/dt&t={text}")), json!(midnight), "{text}");
    }
    for text in ["x", "2026-13-01", "2026-02-30"] {
        refused(&anon, &format!("name=t/tm&t={text}"), "invalid datetime param");
    }
    assert_eq!(lookup(&anon, "name=t/tm&t=@86400"), json!(86400));
    let today = lookup(&anon, "name=t/tm&t=today").as_i64().unwrap();
    assert_eq!(lookup(&anon, "name=t/dt&t=now"), json!(today));
    assert_eq!(lookup(&anon, "name=t/dt&t=%2B1 day"), json!(today + 86400));
    assert_eq!(lookup(&anon, "name=t/tm&t=yesterday"), json!(today - 86400));
    assert_eq!((today + 8 * 3600) % 86400, 0, "midnight in Shanghai");
}

#[test]
fn f023_f024_lists() {
    let app = TestApp::rtest();
    let anon = app.anon();
    assert_eq!(lookup(&anon, "name=l/i%2B&l=3,4,5"), json!([3, 4, 5]));
    for text in ["3;4", "3,,4", "3, 4", "3,", "-3"] {
        refused(&anon, &format!("name=l/i%2B&l={text}"), "int array param `l`");
    }
    assert_eq!(lookup(&anon, "name=l/i:n?:s?&l=100:1:a,101::"), json!([[100, 1, "a"], [101, null, null]]));
    assert_eq!(lookup(&anon, "name=l/i:&l=1,2"), json!([[1], [2]]));
    assert_eq!(lookup(&anon, "name=l/i:b&l=1:yes"), json!([[1, true]]));
    refused(&anon, "name=l/i:n&l=1:", "list(i:n)");
    refused(&anon, "name=l/i:n&l=x:1", "list(i:n)");
}

#[test]
fn f025_json_and_tables() {
    let app = TestApp::rtest();
    let anon = app.anon();
    assert_eq!(lookup(&anon, "name=j/js&j={\"a\":[1]}"), json!({"a": [1]}));
    refused(&anon, "name=j/js&j={a", "invalid json param");
    assert_eq!(lookup(&anon, "name=t/tbl&t={\"h\":[\"a\",\"b\"],\"d\":[[1,2]]}"), json!([{"a": 1, "b": 2}]));
    refused(&anon, "name=t/tbl&t=[1]", "invalid table param");
}

#[test]
fn f026_f027_what_must_be_there() {
    let app = TestApp::rtest();
    let anon = app.anon();
    for query in ["f=mparam&name=a", "f=mparam&name=a&a=", "f=mparam&name=a/i&a="] {
        let answer = anon.call(&format!("fn?{query}"), json!(null));
        assert_eq!((&answer[0], &answer[1]), (&json!(1), &json!("缺少参数`a`")), "{query}");
        assert_eq!(answer[2], "Bad Request - param `a` is missing");
    }
    let product = TestApp::new();
    let answer = product.anon().call("login?uname=13800138000", json!(null));
    assert_eq!((&answer[0], &answer[1]), (&json!(1), &json!("缺少参数`pwd or code`")));
}

#[test]
fn f028_escaping_is_for_old_clients() {
    let app = TestApp::rtest();
    let text = "a<b> & \"c\" 'd'";
    let client = app.anon();
    assert_eq!(client.ok("fn?f=param&name=a", json!({"a": text})), json!("a&lt;b&gt; & \"c\" 'd'"));
    let id = client.ok("ApiLog.add", json!({"ac": "x", "addr": text}));
    assert_eq!(
        client.ok(&format!("ApiLog.get?id={id}&res=addr"), json!(null))["addr"],
        "a&lt;b&gt; & \"c\" 'd'"
    );
    let product = TestApp::new();
    let user = product.login(jindou::auth::Role::User, crate::login::user(&product, "13800138000"));
    let id = user.ok("Ordr.add", json!({"dscr": text}));
    assert_eq!(user.ok(&format!("Ordr.get?id={id}&res=dscr"), json!(null)), json!({"dscr": text}));
}

#[test]
fn forms_of_parts_are_forms() {
    let app = TestApp::rtest();
    let anon = app.anon();
    let kind = [("content-type", "multipart/form-data; boundary=x")];
    let part = |name: &str, text: &str| {
        format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
    };
    let file = "--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\n\r\nfile\r\n";
    let body = format!("{}{file}{}--x--\r\n", part("a[b]", "筋斗"), part("a[c]", "2"));
    // A guest's file is of no use here, his fields are.
    let got = anon.send("POST", "fn?f=param&name=a", &kind, Some(body.into())).json();
    assert_eq!(got, json!([0, {"b": "筋斗", "c": "2"}]));
    let body = format!("{}{}--x--\r\n", part("uname", "rtest"), part("pwd", "1234"));
    assert_eq!(anon.send("POST", "login", &kind, Some(body.into())).json(), json!([0, {"id": 1}]));
    // One that may import brings a file.
    let table = format!("{}--x--\r\n", file.replace("\r\n\r\nfile", "\r\n\r\nac,addr\nparts,here"));
    let got = anon.send("POST", "ApiLog.batchAdd", &kind, Some(table.into())).json();
    assert_eq!(got[1]["cnt"], 1, "{got}");
}
