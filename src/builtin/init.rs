//! `initClient`: the plugins in force, the zone of all times, and what the configuration has for clients.

use crate::api::{Answer, Args};
use crate::db::Tx;
use crate::error::Result;
use serde_json::{Map, Value, json};

pub fn init_client(tx: &mut Tx<'_>, _args: &Args) -> Result<Answer> {
    let env = tx.env();
    let mut answer = Map::new();
    let plugins = env.registry.plugins.iter().filter(|plugin| plugin.name != "core");
    // A plugin without settings for clients is an empty list: that is how clients have always seen it.
    let plugins: Map<String, Value> = plugins.map(|plugin| (plugin.name.to_owned(), json!([]))).collect();
    answer.insert("plugins".into(), Value::Object(plugins));
    // Minutes east of UTC: a client elsewhere can tell what day it is here.
    answer.insert("tz".into(), env.zone.minutes_east(env.unix_ms().div_euclid(1000)).into());
    let told = env.registry.plugins.iter().flat_map(|plugin| plugin.client_settings);
    answer.extend(told.map(|(name, value)| ((*name).to_owned(), (*value).into())));
    answer.extend(env.config.init_client.clone());
    Ok(Answer::Json(Value::Object(answer)))
}
