//! The frames that the manual shows are those that go over the wire.

use super::client::Ws;
use crate::app::TestApp;
use crate::tidy::root;
use crate::watch_family::family;
use serde_json::Value;

/// The circle of the page.
const CIRCLE: &str = "1234567890";

/// Whether a frame is as the page shows it; `"…"` stands for anything.
fn is_like(shown: &Value, came: &Value) -> bool {
    match (shown, came) {
        (Value::String(any), _) if any == "…" => true,
        (Value::Object(shown), Value::Object(came)) => {
            shown.len() == came.len()
                && shown.iter().all(|(name, value)| came.get(name).is_some_and(|came| is_like(value, came)))
        }
        (Value::Array(shown), Value::Array(came)) => {
            shown.len() == came.len() && shown.iter().zip(came).all(|(shown, came)| is_like(shown, came))
        }
        (shown, came) => shown == came,
    }
}

#[test]
fn the_frames_of_the_page_are_true() {
    let app = TestApp::production();
    let (client, circle, _) = family(&app, "Home");
    let page =
        std::fs::read_to_string(root().join("docs/live.md")).unwrap().replace(CIRCLE, &circle.to_string());
    let mut ws = Ws::of(&app, &client);
    let mut shown = 0;
    for block in page.split("```frames\n").skip(1).map(|rest| rest.split("```").next().unwrap()) {
        let mut waits: Vec<Value> = Vec::new();
        for line in block.lines() {
            let (sign, json) = line.split_at(2);
            let frame: Value = serde_json::from_str(json).unwrap_or_else(|e| panic!("{e}: {line}"));
            match sign {
                "> " => ws.send(&frame),
                "< " => {
                    // An answer and a frame of a channel come in any order.
                    let found = waits.iter().position(|came| is_like(&frame, came));
                    let came = match found {
                        Some(at) => waits.remove(at),
                        None => loop {
                            let came = ws.frame();
                            match is_like(&frame, &came) {
                                true => break came,
                                false if came.get("ch").is_some() || frame.get("ch").is_some() => {
                                    waits.push(came)
                                }
                                false => panic!("{line}\n{came}"),
                            }
                        },
                    };
                    assert!(is_like(&frame, &came));
                    shown += 1;
                }
                _ => panic!("{line}"),
            }
        }
        assert!(waits.is_empty(), "{waits:?}");
    }
    assert!(shown >= 7);
}
