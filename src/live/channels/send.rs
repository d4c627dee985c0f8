//! New rows on their way to those who follow their channels: read and encoded once for all who have the same rights.

use super::hub::{Channels, action};
use super::listen::Ear;
use super::state::{Number, Place};
use super::{right, rows};
use crate::call::cond::Cond;
use crate::error::{Error, Result};
use crate::live::Kind;
use crate::plugin::LiveChannel;
use bytes::Bytes;
use foldhash::HashMap;
use serde_json::json;
use std::collections::BTreeMap;

/// Frames of rows with their offsets, by the rights of those who may see them.
type Frames = HashMap<u32, Vec<(i64, Bytes)>>;

/// How often rows are shown again because rights have changed meanwhile.
const TRIES: usize = 5;

impl Channels {
    /// Sends new rows of a declaration.
    pub(super) fn deliver(&self, at: usize, ids: &[i64], ear: &mut Ear) -> Result<()> {
        let Some(declared) = self.declared.get(at) else { return Ok(()) };
        if self.state().open(at).is_empty() {
            return Ok(());
        }
        let env = &self.server.env;
        let keys = self.server.look(|conn| rows::keys(env, conn, declared.channel, ids))?;
        let mut channels: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
        keys.into_iter().for_each(|(key, id)| channels.entry(key).or_default().push(id));
        for (key, ids) in channels {
            if self.state().is_open((at, key)) {
                self.send(declared.channel, (at, key), &ids, ear)?;
            }
        }
        Ok(())
    }

    /// Sends the rows of a channel, in their order, to those who may query them now.
    pub(super) fn send(
        &self,
        channel: &'static LiveChannel,
        place: Place,
        ids: &[i64],
        ear: &mut Ear,
    ) -> Result<()> {
        let mut shown = HashMap::default();
        for _ in 0..TRIES {
            self.show(&mut shown, channel, place, ids);
            // Rights that ended or became others while the rows were read.
            self.take_in(ear);
            self.judge_doubtful(ear);
            if self.lacking(&shown, place).is_empty() {
                break;
            }
        }
        let error = Error::busy("the rights change faster than rows can be read");
        self.lacking(&shown, place).into_iter().for_each(|number| self.end(number, &error));
        let mut state = self.state();
        let mut frames = 0;
        for number in state.of(place) {
            let Some(sub) = state.subs.get_mut(&number) else { continue };
            for (offset, text) in shown.get(&sub.standing.rights).into_iter().flatten() {
                frames += u64::from(sub.send(*offset, text.clone()));
            }
        }
        if let Some(last) = ids.last() {
            state.sent(place, *last);
        }
        drop(state);
        if let Some(live) = self.live.upgrade() {
            live.stats.delivered(frames);
        }
        Ok(())
    }

    /// Subscriptions for whose rights no frames were made.
    pub(super) fn lacking(&self, shown: &Frames, place: Place) -> Vec<Number> {
        let state = self.state();
        let lacks = |number: &Number| {
            state.subs.get(number).is_some_and(|sub| !shown.contains_key(&sub.standing.rights))
        };
        state.of(place).into_iter().filter(lacks).collect()
    }

    /// Makes the frames of rows, once for each kind of rights that there is among those who follow.
    pub(super) fn show(&self, shown: &mut Frames, channel: &'static LiveChannel, place: Place, ids: &[i64]) {
        let numbers = self.state().of(place);
        for number in numbers {
            let found = self.state().subs.get(&number).map(|sub| (sub.member.clone(), sub.standing.rights));
            let Some((member, _)) = found.filter(|(_, rights)| !shown.contains_key(rights)) else { continue };
            let read = member.caller(&action(channel)).and_then(|caller| {
                self.read(&caller, |tx| {
                    let standing = right::judge(tx, channel, place.1)?;
                    let cond = Cond::one_of("id", ids.iter().copied());
                    Ok((standing, rows::shown(tx, channel, place.1, cond, ids.len())?))
                })
            });
            match read {
                Ok((now, rows)) => {
                    self.state().stand(number, now);
                    let frame = |(offset, row)| {
                        let name = format!("{}:{}", channel.name, place.1);
                        (offset, json!({"ch": name, "offset": offset, "data": row}).to_string().into())
                    };
                    shown.insert(now.rights, rows.into_iter().map(frame).collect());
                }
                Err(error) => self.end(number, &error),
            }
        }
    }

    /// Sends what is missing in every channel of a declaration, as far as its rows tell; where too much is missing, its
    /// clients are told to read anew.
    pub(super) fn catch_up(&self, at: usize, ear: &mut Ear) -> Result<()> {
        let Some(declared) = self.declared.get(at) else { return Ok(()) };
        let Some(live) = self.live.upgrade() else { return Ok(()) };
        let (env, most) = (&self.server.env, live.limits.recovered);
        let open = self.state().open(at);
        for (key, last) in open {
            let channel = declared.channel;
            let Some(last) = last else {
                // Those who only begin cannot know what they have missed.
                if !ear.news.just_looks {
                    self.state().break_beginnings((at, key));
                }
                continue;
            };
            let ids = self.server.look(|conn| rows::after(env, conn, channel, (key, last), most + 1))?;
            if ids.len() <= most {
                if !ids.is_empty() {
                    self.send(channel, (at, key), &ids, ear)?;
                }
                continue;
            }
            let top = self.server.look(|conn| rows::top(env, conn, channel, key))?;
            self.tell_insufficient((at, key), top);
        }
        Ok(())
    }

    pub(super) fn tell_insufficient(&self, place: Place, top: i64) {
        let Some(declared) = self.declared.get(place.0) else { return };
        let name = format!("{}:{}", declared.channel.name, place.1);
        let text: Bytes = json!({"ch": name, "insufficient": true}).to_string().into();
        let mut state = self.state();
        for number in state.of(place) {
            if let Some(sub) = state.subs.get_mut(&number) {
                sub.skip_to(top);
                sub.member.send(text.clone(), Kind::Kept);
            }
        }
        state.sent(place, top);
    }

    /// Rows could not be read: who follows comes again and reads what was missed.
    pub(super) fn give_up(&self, at: usize) {
        let open = self.state().open(at);
        let numbers: Vec<Number> = open.into_iter().flat_map(|(key, _)| self.state().of((at, key))).collect();
        let error = Error::busy("new rows could not be read");
        numbers.into_iter().for_each(|number| self.end(number, &error));
    }
}
