//! Properties of all renderers together: whatever the rows hold, an answer is made, and it is well-formed.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::error::Error;

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[-0-9.,\\]>&<\"' \t\n\u{1}\u{2028}]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn grid() -> impl Strategy<Value = Grid> {
    let rows = prop::collection::vec(prop::collection::vec(json_value(), 0..4), 0..6);
    (0usize..4, rows)
        .prop_map(|(width, rows)| Grid::new(["id", "fatherId", "名", "id"].into_iter().take(width), rows))
}

fn view() -> impl Strategy<Value = View> {
    let retfn =
        prop_oneof![Just(None), Just(Some(RetFn::Obj)), Just(Some(RetFn::Raw)), Just(Some(RetFn::Xml))];
    let jsonp = prop_oneof![Just(None), Just(Some("cb".to_owned())), Just(Some("v=".to_owned()))];
    (prop::option::of(1u8..3), retfn, jsonp, any::<bool>()).prop_map(|(raw, retfn, jsonp, pretty)| View {
        raw,
        retfn,
        jsonp,
        pretty,
        ..View::default()
    })
}

fn formats() -> Vec<Format> {
    ["", "list", "array", "one", "one?", "hash", "hash:id", "multihash", "multihash:id,名", "tree", "csv"]
        .map(|fmt| Format::parse(fmt, None).unwrap())
        .to_vec()
}

proptest! {
    #[test]
    fn every_grid_has_a_shape_or_a_clear_error(grid in grid()) {
        for format in formats() {
            if let Err(error) = shape(grid.clone(), &format) {
                prop_assert!(error.detail.is_some());
            }
        }
    }

    #[test]
    fn every_answer_is_well_formed(payload in json_value(), view in view()) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        envelope::success(&mut out, &view, &payload);
        envelope::failure(&mut err, &view, &Error::param("bad\n\"x\""), true);
        for body in [out, err] {
            let text = String::from_utf8(body).unwrap();
            prop_assert!(text.ends_with('\n'));
            let data = match view.jsonp.as_deref() {
                Some("cb") => text.strip_prefix("cb(").and_then(|text| text.strip_suffix(");\n")),
                Some(_) => text.strip_prefix("v=").and_then(|text| text.strip_suffix(";\n")),
                None if view.raw.is_none() && !matches!(view.retfn, Some(RetFn::Raw | RetFn::Xml)) => Some(&*text),
                None => continue,
            };
            prop_assert!(data.is_some_and(|data| serde_json::from_str::<Value>(data).is_ok()), "{}", text);
        }
    }

    #[test]
    fn a_grid_answers_like_its_value(grid in grid(), view in view()) {
        let value = shape(grid.clone(), &Format::Table).unwrap();
        let (mut fast, mut slow) = (Vec::new(), Vec::new());
        envelope::success_grid(&mut fast, &view, &grid);
        envelope::success(&mut slow, &view, &value);
        prop_assert_eq!(String::from_utf8(fast), String::from_utf8(slow));
    }
}

#[test]
fn a_plain_grid_is_the_plain_array() {
    let mut out = Vec::new();
    envelope::success_grid(&mut out, &View::default(), &Grid::new(["id"], vec![vec![json!(1)]]));
    assert_eq!(out, b"[0,{\"h\":[\"id\"],\"d\":[[1]]}]\n");
}
