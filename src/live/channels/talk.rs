//! Fleeting frames of those who follow a channel, for all others who do. They are passed on between rounds, after rights
//! that ended.

use super::hub::Channels;
use super::state::{Number, Place};
use crate::error::{Error, Result};
use crate::live::Kind;
use bytes::Bytes;
use serde_json::{Value, json};
use std::sync::PoisonError;

/// A fleeting frame of one who follows a channel.
pub struct Said {
    pub(super) place: Place,
    pub(super) number: Number,
    pub(super) text: Bytes,
}

/// Fleeting frames that wait at most.
const SAID_MAX: usize = 1000;

impl Channels {
    /// Takes a fleeting frame of one who follows a channel, for all others.
    pub(super) fn say(&self, number: Number, data: &Value) -> Result<()> {
        let (place, from) = {
            let state = self.state();
            let sub = state.subs.get(&number);
            let sub = sub.ok_or_else(|| Error::forbidden("the right to this channel has ended"))?;
            (sub.place, sub.account.clone())
        };
        let channel = self.declared.get(place.0).map(|declared| declared.channel);
        let channel = channel.filter(|channel| channel.talks).ok_or_else(super::silent)?;
        let (app, id) = from;
        let name = format!("{}:{}", channel.name, place.1);
        let text = json!({"ch": name, "from": {"app": *app, "id": id}, "data": data}).to_string();
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.len() < SAID_MAX {
            said.push(Said { place, number, text: text.into() });
        }
        drop(said);
        self.wake.notify_one();
        Ok(())
    }

    /// Sends what was said to all who follow its channel but the one who said it.
    pub(super) fn pass_on(&self) {
        let said = std::mem::take(&mut *self.said.lock().unwrap_or_else(PoisonError::into_inner));
        if said.is_empty() {
            return;
        }
        let state = self.state();
        for Said { place, number, text } in
            said.into_iter().filter(|said| state.subs.contains_key(&said.number))
        {
            let others = state.of(place).into_iter().filter(|other| *other != number);
            for sub in others.filter_map(|other| state.subs.get(&other)) {
                sub.member.send(text.clone(), Kind::Fleeting);
            }
        }
    }
}
