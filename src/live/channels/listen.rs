//! What commits mean to those who follow channels: new rows, and rights that may have ended. Rights come first: a row is
//! sent when those of everybody it goes to have been asked since the last change that concerns them.

use super::hub::{Channels, action};
use super::right::{self, Standing};
use super::state::{Number, Place};
use crate::db::{ChangeKind, FeedEvent, Follow, RowChange};
use crate::error::{Code, Error, Result};
use crate::live::{Close, Member};
use foldhash::HashSet;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Hears the feed, and keeps what is still to be done about it.
pub struct Ear {
    pub(super) follow: Follow,
    pub(super) seen: Seen,
    pub(super) news: News,
}

/// What commits were about.
#[derive(Default)]
pub struct News {
    /// New rows, by declaration.
    pub(super) added: BTreeMap<usize, BTreeSet<i64>>,
    /// Declarations of which not all new rows are known.
    pub(super) behind: BTreeSet<usize>,
    /// Subscriptions whose rights may have changed.
    pub(super) doubtful: HashSet<Number>,
    /// All of them.
    pub(super) all: bool,
    /// Nothing says that rows are missing: it is only looked whether some are.
    pub(super) just_looks: bool,
}

/// The states that rights were looked at in the last time.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    pub(super) grants: i64,
    pub(super) ended: u64,
}

impl Channels {
    pub(super) fn seen(&self) -> Seen {
        Seen { grants: self.server.env.grants_version(), ended: self.server.sessions.ended() }
    }

    /// One round: what was told, and what is told meanwhile. Rights come first, then what those said who follow, then rows.
    pub(super) fn round(&self, ear: &mut Ear) {
        self.take_in(ear);
        self.judge_doubtful(ear);
        self.pass_on();
        while let Some(at) = ear.news.added.keys().chain(&ear.news.behind).copied().min() {
            let added: Vec<i64> = ear.news.added.remove(&at).unwrap_or_default().into_iter().collect();
            let sent = match ear.news.behind.remove(&at) {
                true => self.catch_up(at, ear),
                false => self.deliver(at, &added, ear),
            };
            if let Err(error) = sent {
                tracing::error!(%error, "new rows of a channel could not be read");
                self.give_up(at);
            }
        }
    }

    /// Takes in what is told by now.
    pub(super) fn take_in(&self, ear: &mut Ear) {
        while let Some(told) = ear.follow.try_next() {
            self.take(&mut ear.news, told);
        }
    }

    pub(super) fn take(&self, news: &mut News, told: FeedEvent) {
        match told {
            FeedEvent::Commit(commit) if !commit.unknown => {
                commit.changes.iter().for_each(|change| self.take_change(news, change));
            }
            FeedEvent::End => {}
            FeedEvent::Commit(_) | FeedEvent::Insufficient(_) => {
                (news.all, news.just_looks) = (true, false);
                news.behind.extend(0..self.declared.len());
            }
        }
    }

    pub(super) fn take_change(&self, news: &mut News, change: &RowChange) {
        let many = change.kind == ChangeKind::Many;
        for (at, declared) in self.declared.iter().enumerate() {
            if *change.table == *declared.table {
                match change.kind {
                    ChangeKind::Add => drop(news.added.entry(at).or_default().insert(change.id)),
                    ChangeKind::Many => {
                        news.just_looks = false;
                        news.behind.insert(at);
                    }
                    ChangeKind::Set | ChangeKind::Del => {}
                }
            }
            if declared.rules.contains(&&*change.table) {
                match many {
                    true => news.all = true,
                    false => news.doubtful.extend(self.state().on_basis(at, change.id)),
                }
            }
        }
        for login in self.server.env.registry.logins().filter(|login| *change.table == *login.table) {
            match many {
                true => news.all = true,
                false => {
                    let account = (Arc::from(login.app_type), change.id);
                    news.doubtful.extend(self.state().of_account(&account));
                }
            }
        }
    }

    /// Asks for the rights that may have changed; who has none any more is sent nothing from now on.
    pub(super) fn judge_doubtful(&self, ear: &mut Ear) {
        let Ear { seen, news, .. } = ear;
        let now = self.seen();
        if now.grants != seen.grants {
            news.all = true;
        }
        if news.all {
            news.doubtful.extend(self.state().subs.keys());
        } else if now.ended != seen.ended {
            let members: Vec<_> =
                self.state().subs.iter().map(|(number, sub)| (*number, sub.member.clone())).collect();
            let ended = members.iter().filter(|(_, member)| !member.has_session());
            news.doubtful.extend(ended.map(|(number, _)| *number));
        }
        (*seen, news.all) = (now, false);
        for number in std::mem::take(&mut news.doubtful) {
            let Some((member, place)) =
                self.state().subs.get(&number).map(|sub| (sub.member.clone(), sub.place))
            else {
                continue;
            };
            match self.standing(&member, place) {
                Ok(standing) => self.state().stand(number, standing),
                Err(error) => self.end(number, &error),
            }
        }
    }

    pub(super) fn standing(&self, member: &Member, (at, key): Place) -> Result<Standing> {
        let declared = self.declared.get(at).ok_or_else(|| Error::server("a channel of no declaration"))?;
        let caller = member.caller(&action(declared.channel))?;
        self.read(&caller, |tx| right::judge(tx, declared.channel, key))
    }

    /// The right of a subscription has ended, or cannot be asked for.
    pub(super) fn end(&self, number: Number, error: &Error) {
        let Some(sub) = self.state().remove(number) else { return };
        let passing = error.retry_after > 0 || error.code == Code::DB;
        sub.member.outbox.cut(if passing { Close::INSUFFICIENT } else { Close::RIGHTS_ENDED });
    }

    /// What may have been written without a word of the feed.
    pub(super) fn overdue(&self) -> News {
        let state = self.state();
        let behind = (0..self.declared.len()).filter(|at| !state.open(*at).is_empty());
        News { behind: behind.collect(), just_looks: true, ..News::default() }
    }
}
