//! Joining a circle, by its PIN or an invitation.

use super::{account, circle, codes, names};
use jindou::credentials::proof::Proof;
use jindou::id::CodeKind;
use jindou::plugin::*;
use jindou::redact;
use jindou::throttle::attempt_limit::AttemptLimit;

/// Wrong ones of a user, and of a network at one circle.
const OF_ONE: AttemptLimit = AttemptLimit { wrong: 5, seconds: 600 };
/// Wrong PINs of a circle. A day is long, but an invitation still lets people in.
const PINS: AttemptLimit = AttemptLimit { wrong: 10, seconds: 86_400 };
/// What a PIN is when its family chooses none.
pub const PIN: Proof = Proof::new(CodeKind::digits(6), 10);
/// An invitation withstands whatever the counts of users and networks let through.
pub const INVITATION: Proof = Proof::new(CodeKind::clear(8), 1_000_000);
/// Members and contacts of a circle at most.
pub const PEOPLE_MAX: i64 = 50;

pub fn join(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let id = args.need_id("circleId")?;
    let (pin, invite) = (args.given("joinPwd")?, args.given("invite")?);
    if pin.is_none() && invite.is_none() {
        return Err(Error::missing("joinPwd"));
    }
    let found = circle::exists(tx, id)?;
    let me = tx.caller().id;
    if circle::membership(tx, id, me)?.is_some() {
        return Err(Error::known(codes::ALREADY_IN));
    }
    key_fits(tx, id, found.text("joinPwd"), pin.as_deref(), invite.as_deref())?;
    let (name, phone) = (args.given("name")?, args.given("phone")?);
    names::free(tx, id, name.as_deref(), phone.as_deref(), None)?;
    room(tx, id)?;
    enter(tx, id, me, (name, phone), args)
}

/// The PIN or the invitation is right; wrong ones are counted, for the user, the network and the circle.
fn key_fits(tx: &mut Tx<'_>, id: i64, pin: &str, sent: Option<&str>, invite: Option<&str>) -> Result<()> {
    let kv = &tx.kv();
    let caller = tx.caller();
    let user = Key::account("join", &caller);
    let network = Key::of("join circle", id).from_network_of(&caller);
    let pins = Key::of("PINs of circle", id);
    if OF_ONE.blocked(kv, &user)?
        || OF_ONE.blocked(kv, &network)?
        || invite.is_none() && PINS.blocked(kv, &pins)?
    {
        return Err(Error::known(codes::JOIN_OFTEN));
    }
    let fits = match invite {
        Some(invite) => {
            let code = circle::invitation(tx, id)?;
            code.is_some_and(|code| redact::same_hidden(&code, invite))
        }
        None => sent.is_some_and(|sent| !pin.is_empty() && redact::same_hidden(pin, sent)),
    };
    if fits {
        return OF_ONE.succeeded(kv, &user);
    }
    OF_ONE.failed(kv, &user)?;
    OF_ONE.failed(kv, &network)?;
    if invite.is_none() {
        PINS.failed(kv, &pins)?;
    }
    Err(Error::known(if invite.is_some() { codes::BAD_INVITATION } else { codes::WRONG_PIN }))
}

/// Refuses when the circle is full.
pub fn room(tx: &mut Tx<'_>, circle: i64) -> Result<()> {
    let contacts = tx.number_of("CircleContact", &[("circleId", json!(circle)), ("status", json!(1))])?;
    match circle::active_members(tx, circle)? + contacts >= PEOPLE_MAX {
        true => Err(Error::known(codes::TOO_MANY)),
        false => Ok(()),
    }
}

/// Blanks are filled from the membership of before, then from the profile, as far as that is free.
fn enter(
    tx: &mut Tx<'_>,
    id: i64,
    me: i64,
    (name, phone): (Option<String>, Option<String>),
    args: &Args,
) -> Result<Answer> {
    let by = [("circleId", json!(id)), ("userId", json!(me))];
    let before = tx.first("CircleUser", &by, "id, name, phone, picId")?;
    let old = before.clone().unwrap_or_default();
    account::profile(tx, me)?;
    let profile = Find::by(Cond::int("userId", me)).res("name, picId, phone");
    let profile = tx.find_one("WatchUser", profile)?.unwrap_or_default();
    let account = tx.first("User", &[("id", json!(me))], "phone")?.unwrap_or_default();
    let name = match name {
        Some(name) => Some(name),
        None => names::first_free(tx, id, "name", &[old.text("name"), profile.text("name")])?,
    };
    let name = match name {
        Some(name) => name,
        None => circle::default_member_name(tx, id)?,
    };
    let phone = match phone {
        Some(phone) => Some(phone),
        None => {
            let wishes = [old.text("phone"), profile.text("phone"), account.text("phone")];
            names::first_free(tx, id, "phone", &wishes)?
        }
    };
    let now = tx.now_with_ms();
    let pics = [args.id("picId")?.unwrap_or_default(), old.int("picId"), profile.int("picId")];
    let pic = pics.into_iter().find(|pic| *pic != 0);
    let fields = json!({"name": name, "phone": phone, "picId": pic, "status": 1, "joinTm": now, "tm": now});
    match before {
        Some(row) => tx.set("CircleUser", row.int("id"), fields)?,
        None => {
            let mut fields = fields;
            fields["circleId"] = json!(id);
            fields["userId"] = json!(me);
            tx.add("CircleUser", fields)?;
        }
    }
    circle::joined(tx, id, me, &name)?;
    Ok(json!({"name": name, "phone": phone}).into())
}
