//! Random changes by calls, undone in reverse: the tables are as they were.

use crate::undo::{done, dump, place};
use jindou::auth::Role;
use jindou::plugin::{Value, json};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

struct Dice(StdRng);

impl Dice {
    fn below(&mut self, most: i64) -> i64 {
        self.0.random_range(0..most)
    }

    fn of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len() as i64) as usize]
    }

    /// Fields of a thing; the strange values are those that mean something else in a write.
    fn fields(&mut self) -> Value {
        let mut out = serde_json::Map::new();
        for _ in 0..1 + self.below(4) {
            let (name, value) = match self.below(8) {
                0 => ("name", json!(self.of(&["lamp", "桌子", "null", "a\"b", "<b>"]))),
                1 => ("cmt", json!(self.of(&["", "null", "empty", "text", "?", "{\"cut\":1}"]))),
                2 => ("code", json!(format!("c{}", self.below(12)))),
                3 => ("amount", json!(self.of(&["1.50", "", "99.999", "0"]))),
                4 => ("qty", json!(self.below(5))),
                5 => ("onFlag", json!(self.below(2))),
                6 => ("dt", json!(self.of(&["2024-01-02", "2024/2/3 4:05", ""]))),
                _ => ("userId", json!(self.of(&["7", "", "8"]))),
            };
            out.insert(name.to_owned(), value);
        }
        Value::Object(out)
    }

    fn call(&mut self) -> (String, Value) {
        let id = 1 + self.below(8);
        let parts = json!([{"name": "p", "screws": [{"name": "s"}]}, {"name": "q", "qty": 2}]);
        match self.below(13) {
            0 | 1 => {
                let mut fields = self.fields();
                fields["name"] = json!("new");
                fields["parts"] = parts;
                ("Thing.add".into(), fields)
            }
            2 | 3 => (format!("Thing.set?id={id}"), self.fields()),
            4 => (format!("Thing.del?id={id}"), json!({})),
            5 => (
                format!("Thing.setIf?cond=id<={id}"),
                json!({"cmt": self.of(&["bulk", "null", "empty"]), "qty": self.below(9)}),
            ),
            6 => (format!("Thing.batchSet?cond=id>{id}"), json!({"name": self.of(&["x", "y"])})),
            7 => (format!("Thing.set?id={id}&submode=put"), json!({"parts": parts})),
            8 => ("Thing.batchAdd".into(), json!({"list": [{"name": "i1"}, {"name": "i2", "cmt": "empty"}]})),
            9 => (format!("Thing.batchDel?cond=id={id} or id={}", id + 1), json!({})),
            10 => (
                "batch?useTrans=1".into(),
                json!([
                    {"ac": "Thing.set", "get": {"id": id}, "post": {"name": "b1"}},
                    {"ac": "Thing.set", "get": {"id": id}, "post": self.fields()},
                    {"ac": "Thing.add", "post": {"name": "b2"}},
                    {"ac": "Thing.del", "get": {"id": id, "force": 1}, "post": {"x": null}},
                    {"ac": "JobCard.add", "post": {"dscr": "d"}},
                ]),
            ),
            11 => (format!("JobCard.delIf?cond=id>{id}"), json!({})),
            _ => (format!("Paper.{}", self.of(&["add", "del?id=1", "del?id=2"])), json!({"name": "paper"})),
        }
    }
}

#[test]
fn random_changes_undone_in_reverse_leave_nothing() {
    for seed in 0..6 {
        let app = place();
        let admin = app.login(Role::Admin, 1);
        let mut dice = Dice(StdRng::seed_from_u64(seed));
        let mut past: Vec<(String, i64, String)> = Vec::new();
        for _ in 0..30 {
            let (target, body) = dice.call();
            let before = dump(&app);
            let got = admin.send(
                "POST",
                &target,
                &[("content-type", "application/json")],
                Some(body.to_string().into()),
            );
            let call = got.header("x-daca-log-id").parse().unwrap();
            // What was refused has changed nothing; what changed nothing leaves nothing to undo.
            if dump(&app) != before {
                past.push((before, call, format!("{target} {body}")));
            }
        }
        assert!(past.len() > 8, "seed {seed}: too little happened: {}", past.len());
        for (before, call, what) in past.iter().rev() {
            let undone = done(&admin, "ObjLog.undo", json!({"apiLogId": call}));
            assert_eq!(&dump(&app), before, "seed {seed}: {what}");
            // Done again and undone again.
            let redone = done(&admin, "ObjLog.undo", json!({"apiLogId": undone}));
            done(&admin, "ObjLog.undo", json!({"apiLogId": redone}));
            assert_eq!(&dump(&app), before, "seed {seed}, twice: {what}");
        }
    }
}
