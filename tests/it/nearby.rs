//! `nearby` against a straightforward count over all rows, and the index through everything that happens to rows.

use crate::app::{Client, TestApp};
use crate::code;
use jindou::error::Error;
use jindou::geo::Place;
use serde_json::{Map, Value, json};

fn post(app: &TestApp, lon: f64, lat: f64) -> i64 {
    app.write(move |tx| {
        tx.add("Plaza", json!({"userId": 1, "lon": lon, "lat": lat, "likeCnt": 0, "commentCnt": 0}))
    })
}

fn near(client: &Client<'_>, nearby: &str) -> Vec<i64> {
    let answer = client.ok(&format!("Plaza.query?nearby={nearby}&res=id&pagesz=-1"), json!(null));
    answer["d"].as_array().unwrap().iter().map(|row| row[0].as_i64().unwrap()).collect()
}

#[test]
fn around_poles_and_across_the_line_the_nearest_come_first() {
    let app = TestApp::new();
    let mut places = vec![(0.0, 90.0), (77.0, 90.0), (0.0, -90.0), (180.0, 0.0), (-180.0, 0.0)];
    for n in 0..40 {
        let n = f64::from(n);
        places.push((n * 9.0 - 180.0, 89.6 + n / 100.0));
        places.push((179.8 + n / 200.0, 10.0 + n / 300.0));
        places.push((-179.99 + n / 200.0, 10.0 + n / 300.0));
        places.push((n / 100.0, -89.9));
    }
    let ids: Vec<i64> = places.iter().map(|(lon, lat)| post(&app, *lon, *lat)).collect();
    let guest = app.anon();
    for (lon, lat, radius) in [
        (0.0, 90.0, 50_000.0),
        (123.0, 90.0, 100.0),
        (-45.0, 89.9, 30_000.0),
        (10.0, -90.0, 20_000.0),
        (180.0, 10.0, 40_000.0),
        (-180.0, 0.0, 1.0),
        (179.999, 10.05, 5_000.0),
        (-179.99, 10.1, 15_000.0),
        (0.3, -89.9, 100.0),
        (121.0, 31.0, 50_000.0),
        (0.0, 0.0, 0.0),
    ] {
        let centre = Place { lon, lat };
        let far = |at: usize| centre.distance(Place { lon: places[at].0, lat: places[at].1 });
        let mut wanted: Vec<usize> = (0..places.len()).filter(|at| far(*at) <= radius).collect();
        wanted.sort_by(|a, b| far(*a).total_cmp(&far(*b)).then(ids[*a].cmp(&ids[*b])));
        let got = near(&guest, &format!("{lon},{lat},{radius}"));
        let mut found: Vec<i64> = wanted.iter().map(|at| ids[*at]).collect();
        let distances = |list: &[i64]| -> Vec<i64> {
            list.iter().map(|id| far(ids.iter().position(|one| one == id).unwrap()).round() as i64).collect()
        };
        assert_eq!(distances(&got), distances(&found), "{lon},{lat},{radius}");
        let mut got = got;
        got.sort_unstable();
        found.sort_unstable();
        assert_eq!(got, found, "{lon},{lat},{radius}");
    }
}

#[test]
fn the_index_follows_its_rows() {
    let app = TestApp::new();
    let guest = app.anon();
    let here = || near(&guest, "121.5,31.2,100");
    let id = post(&app, 121.5, 31.2);
    assert_eq!(here(), [id]);
    // What is rolled back was never there, in the index either.
    let failed = app.server.write_as_system(move |tx| {
        tx.add("Plaza", json!({"userId": 1, "lon": 121.5, "lat": 31.2}))?;
        tx.set("Plaza", id, json!({"lon": 10}))?;
        tx.delete("Plaza", &[("id", json!(id))])?;
        Err::<(), _>(Error::param("no"))
    });
    assert!(failed.is_err());
    assert_eq!(here(), [id]);
    app.write(move |tx| tx.set("Plaza", id, json!({"lon": 10})));
    assert!(here().is_empty() && near(&guest, "10,31.2,100") == [id]);
    let back = json!({"lon": 121.5, "lat": 31.2});
    app.write(move |tx| {
        tx.update("Plaza", &[("id", json!(id))], back.as_object().cloned().unwrap_or_default())
    });
    assert_eq!(here(), [id]);
    app.write(move |tx| tx.set("Plaza", id, json!({"lat": null})));
    assert!(here().is_empty(), "half a place is none");
    app.write(move |tx| tx.set("Plaza", id, json!({"lat": 31.2})));
    assert_eq!(here(), [id]);
    let second = post(&app, 121.5001, 31.2);
    app.write(move |tx| tx.del("Plaza", id));
    assert_eq!(here(), [second]);
    app.write(move |tx| {
        tx.update("Plaza", &[("userId", json!(1))], Map::from_iter([("lon".to_owned(), Value::Null)]))
    });
    assert!(here().is_empty());
    assert_eq!(app.cell("SELECT count(*) FROM geo_Plaza"), json!(0));
    let third = post(&app, 121.5, 31.2);
    let app = app.restart(&[("P_TEST_MODE", "2")]);
    assert_eq!(near(&app.anon(), "121.5,31.2,1"), [third]);
    app.anon().ok("testReset", json!({}));
    assert_eq!(app.cell("SELECT count(*) FROM geo_Plaza"), json!(0));
}

#[test]
fn nearby_goes_with_everything_else_a_query_knows() {
    let app = TestApp::new();
    let guest = app.anon();
    for n in 0..5 {
        post(&app, 121.5 + f64::from(n) / 1000.0, 31.2);
    }
    let ok = |more: &str| guest.ok(&format!("Plaza.query?nearby=121.5,31.2,50000{more}"), json!(null));
    assert_eq!(ok("&res=id&cond=id>2&pagesz=1&page=2")["d"], json!([[4]]));
    assert_eq!(ok("&res=id&orderby=dist desc&pagesz=2")["d"], json!([[5], [4]]));
    assert_eq!(ok("&res=count(*) n")["d"], json!([[5]]));
    assert_eq!(ok("&res=id&cond=dist<150&beforeId=2")["d"], json!([[1]]));
    assert_eq!(
        guest.ok("Plaza.query?res=id&pagesz=1", json!({"nearby": "121.504,31.2,10"}))["d"],
        json!([[5]])
    );
    for bad in ["", "1", "1,2,3,4", "181,0,1", "0,91,1", "0,0,50001", "0,0,-1", "nan,0,1", "a,b,c"] {
        let answer = guest.call(&format!("Plaza.query?nearby={bad}"), json!(null));
        // An empty parameter is an absent one.
        assert_eq!(answer[0], json!(i64::from(!bad.is_empty())), "{bad}: {answer}");
    }
    assert_eq!(guest.fails("Story.query?nearby=1,1,1", json!(null)).0, code::PARAM, "no places there");
    assert_eq!(guest.fails("Plaza.query?cond=dist<5", json!(null)).0, code::DB);
}
