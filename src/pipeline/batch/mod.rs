//! Several calls in one request: each on its own, or all in one transaction. Every item has one result, in
//! its place, and a row of its own in the log.

mod ahead;
mod item;
mod results;

use super::batch_sender::Sender;
use super::content::{LARGE, apart, bad_json};
use super::done::{self, Written};
use super::finish::{Ending, record};
use super::identify::{self, CallContext};
use super::once;
use super::parse::Parsed;
use super::record::{self as row, CallRow, Ids};
use super::write::{OnLane, answered};
use super::{Body, Outgoing, allow, ended, hashes, render, told};
use crate::auth::Caller;
use crate::call::name::Verb;
use crate::call::params::Params;
use crate::db::{CallState, Headers, ObjEntry, Outcome, Tx, WriterConn};
use crate::dispatch;
use crate::error::{Code, Error, Result};
use crate::integrations::subscriptions;
use crate::server::Server;
use crate::services::LogTable;
use crate::write::passwords::{self, Hashes};
use ahead::{BatchContext, Items, PrebuiltItem};
use item::{Common, Item, Listed};
use results::Results;
use serde_json::Value;
use std::sync::Arc;
use std::time::Instant;

/// Calls in one batch at most.
const ITEMS_MAX: usize = 1000;

pub async fn serve(server: &Arc<Server>, parsed: &Arc<Parsed>, context: CallContext) -> Outgoing {
    let ids = Ids { call: server.env.next_log_id(LogTable::Call), item: None };
    let told = told(server, &context, ids);
    let read = {
        let parsed = parsed.clone();
        apart(parsed.args.body.raw.len() > LARGE, move || items(&parsed)).await
    };
    let written = match read.and_then(|items| welcome(parsed, items)) {
        Ok(items) => {
            // Each of its calls leaves a row of its own; the batch itself is counted already.
            server.env.guest_rate.charge(&context.caller, items.len().saturating_sub(1));
            let once = once::of(parsed, &context);
            let parsed = Arc::new(named(parsed, &items));
            let written = match (once, flag(&parsed.args.get, "useTrans")) {
                (Err(error), _) => done::done(server, &parsed, &context, ids, Err(error).into()).await,
                (Ok(once), true) => {
                    together(server, &parsed, &CallContext { once, ..context }, ids, items).await
                }
                (Ok(Some(_)), false) => {
                    let error = Error::param("param `_key`: a batch is done once only with `useTrans`").say(
                        "批处理须加`useTrans`才可使用`_key`",
                        "a batch needs `useTrans` to have a `_key`",
                    );
                    done::done(server, &parsed, &context, ids, Err(error).into()).await
                }
                (Ok(None), false) => one_by_one(server, &parsed, context, ids, items).await,
            };
            ended(server, &parsed, ids);
            written
        }
        Err(error) => {
            let written = done::done(server, parsed, &context, ids, Err(error).into()).await;
            ended(server, parsed, ids);
            written
        }
    };
    Outgoing::of(written, parsed, told)
}

fn items(parsed: &Parsed) -> Result<Vec<Item>> {
    if parsed.verb != Verb::Post {
        return Err(Error::param("batch MUST use `POST' method"));
    }
    if parsed.args.get.get(crate::read::row_version::IF_VERSION).is_some() {
        return Err(Error::param("param `ifVersion` (`If-Match`) belongs to a call of the batch").say(
            "`ifVersion`须写在批中的单个调用上",
            "`ifVersion` belongs to a call of the batch, not to the batch",
        ));
    }
    // Taken for no, it would leave half of a batch done that fails.
    if matches!(parsed.args.get.get("useTrans"), Some(Value::Array(_) | Value::Object(_))) {
        return Err(
            Error::param("bad param `useTrans`: 0 or 1").say("参数`useTrans`不正确", "`useTrans` is 0 or 1")
        );
    }
    match serde_json::from_slice::<Listed>(&parsed.args.body.raw) {
        Ok(Listed(Some(items))) => Ok(items),
        Ok(Listed(None)) => Err(Error::param(format!("a batch takes {ITEMS_MAX} calls"))),
        Err(error) if error.is_data() => Err(Error::param("batch expects a JSON list of calls")),
        Err(_) => Err(bad_json()),
    }
}

/// Items on their own are asked one by one; a transaction is a write as a whole.
fn welcome(parsed: &Parsed, items: Vec<Item>) -> Result<Vec<Item>> {
    match &parsed.cross_site {
        Some(why) if flag(&parsed.args.get, "useTrans") => Err(allow::foreign(why)),
        _ => Ok(items),
    }
}

/// `batch:2,Ordr.add,Ordr.get`: what the log shows of it.
fn named(parsed: &Parsed, items: &[Item]) -> Parsed {
    let names: Vec<&str> = items.iter().filter_map(Item::ac).collect();
    let name: String = format!("batch:{},{}", items.len(), names.join(",")).chars().take(50).collect();
    let mut copy = Common::of(parsed).call();
    copy.action.name = name.into();
    copy.args.get = parsed.args.get.clone();
    copy.view = parsed.view.clone();
    copy.args.body = parsed.args.body.clone();
    copy
}

async fn one_by_one(
    server: &Arc<Server>,
    parsed: &Arc<Parsed>,
    context: CallContext,
    ids: Ids,
    items: Vec<Item>,
) -> Written {
    let common = Common::of(parsed);
    let mut results = Results::of(&items);
    let (mut cookie, mut headers) = (None, Headers::new());
    let mut visitor = context.clone();
    // A key may be good for the calls alone, and a login may be one of them: then theirs is the batch.
    let mut author: Option<CallContext> = None;
    let sender = Sender::new(row::begin(server, parsed, &context, ids));
    for (at, item) in items.iter().enumerate() {
        let mine = Ids { call: ids.call, item: Some(server.env.next_log_id(LogTable::Item)) };
        let call = item.call(&common, &results.payloads, at);
        // Rights are asked anew for each item: one of them may have been a login or a logout.
        let asked = call.and_then(|call| Ok((identify::again(server, &call, cookie.as_ref())?, call)));
        let written = match asked {
            Ok((asked, call)) => {
                visitor = asked;
                if context.caller.is_guest() && author.is_none() && !visitor.caller.is_guest() {
                    author = Some(visitor.clone());
                }
                visitor.batch = Some(sender.clone());
                let call = Arc::new(call);
                let written = super::answer(server, &call, &visitor, mine).await;
                ended(server, &call, mine);
                written
            }
            Err(error) => done::done(server, &common.call(), &visitor, mine, Err(error).into()).await,
        };
        cookie = written.cookie.or(cookie);
        // Of what its calls would say in heads of their own, the batch says when to try again.
        let retry = written.headers.into_iter().find(|(name, _)| *name == done::RETRY_AFTER);
        headers = retry.map_or(headers, |header| vec![header]);
        results.add(written.body);
    }
    let context = author.unwrap_or(context);
    let body = match sender.is_written() {
        true => done::done_in_parts(server, parsed, &context, ids, results.into_answer()).await,
        false => done::done(server, parsed, &context, ids, Ok(results.into_answer()).into()).await.body,
    };
    Written { body, cookie, headers }
}

/// All in one transaction: the first failure cancels the rest and undoes what was done.
async fn together(
    server: &Arc<Server>,
    parsed: &Arc<Parsed>,
    context: &CallContext,
    ids: Ids,
    items: Vec<Item>,
) -> Written {
    let (mut call, answer) = OnLane::new(server, parsed, context, ids);
    let hashes = hashes::of(server, passwords_of(server, &items)).await;
    let queued = hashes.and_then(|hashes| {
        let items = Arc::new(Items::new(server, ids.call, items));
        let scene = BatchContext { server, context, common: Common::of(parsed) };
        items.understand(&scene);
        let mine = items.clone();
        let work = move |writer: &WriterConn<'_>| on_lane(writer, &mut call, &mine, hashes.clone());
        server.db.lane.write_again(parsed.clone(), work)?;
        items.begin_ahead(&scene);
        Ok(())
    });
    answered(server, parsed, context, ids, queued, answer).await
}

/// Those that stand in the items as they are; one made by a reference is hashed when it is known.
fn passwords_of(server: &Server, items: &[Item]) -> Vec<String> {
    let of = |item: &Item| -> Option<Vec<String>> {
        let (object, _) = item.ac()?.split_once('.')?;
        Some(passwords::found(server.env.registry.object(object)?, item.post().as_object()?))
    };
    items.iter().filter_map(of).flatten().collect()
}

/// What one item leaves behind.
struct Done {
    row: CallRow,
    objects: Vec<ObjEntry>,
    ids: Ids,
}

fn on_lane(writer: &WriterConn<'_>, on: &mut OnLane, items: &Items, hashes: Hashes) -> Outcome {
    let begun = on.begin(writer);
    let OnLane { server, parsed, context, ids, row, reply, journal, .. } = on;
    let (begun, renewed) = match begun {
        Ok(renewed) => (Ok(()), renewed),
        Err(error) => (Err(error), None),
    };
    let context = renewed.as_ref().unwrap_or(context);
    let (reply, scene) = (reply.clone(), BatchContext { server, context, common: Common::of(parsed) });
    let mut tx = Tx::at(
        writer,
        &server.env,
        context.caller.clone(),
        CallState { hashes, tells_ids: true, journal: journal.again(), ..context.state(parsed, *ids) },
    );
    let before = begun.and_then(|()| context.once.as_ref().map_or(Ok(None), |once| once.find(&mut tx)));
    let begun = before.as_ref().map(|_| ()).map_err(Error::clone);
    if let Ok(Some(body)) = before {
        let (_, ending) = Ending::of(&mut tx, Ok(()));
        let mut row = row.clone();
        row.finish(parsed.started, 0, &body);
        let records = move |server: &Server| record(server, row, Vec::new(), Ids { call: 0, item: None });
        return ending.keep(server, records, move |fate| reply.send(fate.map(|()| body.into())));
    }
    let (mut results, mut dones) = (items.results(), Vec::with_capacity(items.len()));
    let mut failed = false;
    let ran = begun.and_then(|()| {
        tx.gathering(|tx| {
            for at in 0..items.len() {
                let mut room = None;
                let begun = items.take(&scene, at, &results.payloads, &mut room);
                let ((body, code), done) = one(&scene, tx, begun, items.ids(at), failed);
                failed |= code != 0;
                results.add(body);
                dones.push(done);
            }
            Ok(())
        })
    });
    // What an item refused undoes all of them, yet the items have their answers.
    let mut told_ids = false;
    let (kept, mut ending) = match failed {
        true => Ending::of(&mut tx, Err(Error::new(Code::ABORT, "batch call cancelled."))),
        false => Ending::of(&mut tx, ran),
    };
    *journal = ending.journal();
    let mut row = row.clone();
    let answer = match &kept {
        Err(error) if !failed => Err(error.clone()),
        // Items that went well before one failed are answered with the ids they had.
        Err(_) => {
            told_ids = !ending.ids.is_empty();
            writer.never_again(std::mem::take(&mut ending.ids));
            Ok(results.into_answer())
        }
        Ok(()) => Ok(results.into_answer()),
    };
    let headers = answer.as_ref().err().map(done::retry_header).unwrap_or_default();
    let (mut body, mut code) = render(server, &parsed.view, std::mem::take(&mut ending.debug), answer);
    let kept = match (kept, &context.once) {
        (Ok(()), Some(once)) => once.keep(&mut tx, &body, ending.cookie.is_some()),
        (kept, _) => kept,
    };
    if let (Err(error), 0, false) = (&kept, code, failed) {
        (body, code) = render(server, &parsed.view, Vec::new(), Err(error.clone()));
    }
    row.belongs_to(ending.caller.id, ending.session_name());
    parsed.outcome.set(code);
    row.finish(parsed.started, code, &body);
    let ids = *ids;
    let records = |kept| move |server: &Server| record_all(server, row, dones, kept);
    match kept {
        Ok(()) => {
            let cookie = ending.cookie.take();
            ending.keep(server, records(true), move |fate| {
                reply.send(fate.map(|()| Written { cookie, ..body.into() }));
            })
        }
        Err(_) => {
            let strict = server.env.audit().strict();
            ending.undo(server, ids, records(false), move |fate| {
                let fate = match fate {
                    // That those ids are given to nobody else was to be written as well.
                    Err(error) if told_ids => {
                        Err(Error::busy_write("a refused batch was lost").because(error.to_string()))
                    }
                    Err(error) if strict => Err(error),
                    _ => Ok(()),
                };
                reply.send(fate.map(|()| Written { headers, ..body.into() }));
            })
        }
    }
}

/// The rows of the items, and that of the batch.
fn record_all(server: &Server, row: CallRow, dones: Vec<Done>, kept: bool) {
    for done in dones {
        let objects = if kept { done.objects } else { Vec::new() };
        record(server, done.row, objects, done.ids);
    }
    record(server, row, Vec::new(), Ids { call: 0, item: None });
}

fn one(
    BatchContext { server, context, common }: &BatchContext<'_>,
    tx: &mut Tx<'_>,
    begun: &PrebuiltItem,
    ids: Ids,
    cancelled: bool,
) -> ((Body, i32), Done) {
    let started = Instant::now();
    let mut row = begun.row.clone();
    let result = match &begun.call {
        _ if cancelled => Err(Error::new(Code::ABORT, "batch call cancelled.")
            .say("事务失败，取消执行", "cancelled, because a call before it failed")),
        Ok(call) => {
            tx.state.log1_id = ids.item;
            let ran = judge_anew(server, call, context, tx, ids).and_then(|()| match &begun.words {
                Some(words) => dispatch::run_understood(tx, &call.action, &call.args, words),
                None => dispatch::run(tx, &call.action, &call.args),
            });
            ran.and_then(|answer| subscriptions::tell(tx).map(|()| answer))
        }
        Err(error) => Err(error.clone()),
    };
    let (body, code) = render(server, &common.view(), Vec::new(), result);
    if let Ok(call) = &begun.call {
        row.spare(server, call, context, code);
    }
    row.finish(started, code, &body);
    let objects = std::mem::take(&mut tx.state.objlog);
    ((body, code), Done { row, objects, ids })
}

/// A key in a header is held against each item by itself; a session speaks for the whole batch.
fn judge_anew(
    server: &Server,
    call: &Parsed,
    context: &CallContext,
    tx: &mut Tx<'_>,
    ids: Ids,
) -> Result<()> {
    if context.session.is_none() && tx.state.session.is_untouched() {
        // A wrong key is counted: once, however often the item is run.
        let asked = || (identify::again(server, call, None).map(|context| context.caller), None);
        let caller = tx.state.journal.ask(format!("caller of {:?}", ids.item), asked);
        tx.set_caller(Caller::clone(&*caller?));
    }
    Ok(())
}

fn flag(get: &Params, name: &str) -> bool {
    get.text(name).is_some_and(|v| !v.is_empty() && v != "0" && v != "false")
}
