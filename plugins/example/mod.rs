//! Meeting rooms: the plugin to copy. Tables, labels and calls are in DESIGN.md beside this file; this file
//! holds only what is declared about them, and the rules that are truly this business's own.

use jindou::plugin::*;

pub static PLUGIN: Plugin = Plugin::new("example", include_str!("DESIGN.md"))
    .needs(&["account"])
    .optional()
    .objects(&[&ROOM, &BOOKING, &BOOKING_ITEM])
    .errors(&[(TAKEN.0, "该时段已被预订", "the room is taken at that time")]);

const TAKEN: Code = Code(90001);

static ROOM: Object = Object::table("Room")
    .vcols(&[count("bookingCnt", "Booking", "roomId={id}")])
    .quick_search("name")
    .lookup("name")
    .actions(
        &[read("free", GUEST, free_rooms).doc("Rooms that nobody has booked between startTm and endTm.")],
    )
    .guest(can(READ))
    .emp(can(READ))
    .mgr(can(ADD | READ | SET | DEL).required("name"));

static BOOKING: Object = Object::table("Booking")
    .vcols(&[
        join("Room", "roomId").cols("name roomName").by_default(),
        join("User", "userId").cols("name userName, phone userPhone").by_default(),
    ])
    .time_columns("startTm")
    .quick_search("dscr, roomName, userName")
    .subs(&[list("items", "BookingItem", "bookingId={id}").res("id, what, cnt")])
    .get_res("*, items")
    .references(&[("roomId", "Room")])
    .states(&STATUS)
    .on_write(no_overlap)
    .user(
        can(ADD | READ | SET)
            .own("userId")
            .required("roomId, startTm/tm, endTm/tm")
            .readonly("createTm")
            .readonly_on_set("roomId"),
    )
    .emp(can(READ | SET).readonly("roomId, userId, createTm"));

static STATUS: States = States::of("status")
    .start("CR")
    .step("CR", "OK", EMP)
    .called("确认|Confirm")
    .step("CR", "NO", EMP)
    .called("拒绝|Refuse")
    .step("CR", "CA", mask::USER)
    .called("取消|Cancel")
    .step("OK", "CA", EMP)
    .called("取消|Cancel");

static BOOKING_ITEM: Object =
    Object::table("BookingItem").user(can(READ).own_via("bookingId", "Booking", "userId")).emp(can(READ));

/// A booking is for an open room and for a time that is nobody else's.
fn no_overlap(tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    if write.deleting() {
        return Ok(());
    }
    if write.adding() {
        write.stamp("createTm", tx.now());
    }
    if !["roomId", "startTm", "endTm"].iter().any(|field| write.changed(field).is_some()) {
        return Ok(());
    }
    let room = number(write, "roomId");
    let closed = tx.first("Room", &[("id", json!(room))], "closedFlag")?.map(|room| room["closedFlag"] == 1);
    match closed {
        None => {
            return Err(Error::param(format!("bad param `roomId`: there is no room {room}"))
                .say("没有该会议室", "there is no such room"));
        }
        Some(true) if write.adding() => {
            return Err(
                Error::param(format!("room {room} is closed")).say("会议室已停用", "the room is closed")
            );
        }
        Some(_) => {}
    }
    let span = Span::of(tx.env(), write)?;
    let others = span.bookings(tx, &format!("roomId={room} AND id<>{}", write.id.unwrap_or_default()))?;
    match others.is_empty() {
        true => Ok(()),
        false => Err(Error::new(TAKEN, format!("room {room} is taken"))
            .say("该时段已被预订", "the room is taken at that time")),
    }
}

/// `Room.free(startTm, endTm)`
fn free_rooms(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let env = tx.env();
    let span = Span::between(env, &args.need_text(env, "startTm")?, &args.need_text(env, "endTm")?)?;
    let taken: Vec<String> =
        span.bookings(tx, "roomId>0")?.iter().map(|booking| booking["roomId"].to_string()).collect();
    let mut cond = "closedFlag=0".to_owned();
    if !taken.is_empty() {
        cond.push_str(&format!(" AND id NOT IN ({})", taken.join(",")));
    }
    let get = params(
        json!({"res": "id,name,seatCnt", "fmt": "array", "orderby": "id", "cond": cond, "pagesz": -1}),
    );
    tx.call("Room.query", get, Params::default()).map(Answer::Json)
}

/// A time from and until, as the database writes it: it can stand in a condition.
struct Span {
    from: String,
    until: String,
}

impl Span {
    fn of(env: &Services, write: &Write) -> Result<Span> {
        let text = |field| write.text(field).unwrap_or_else(|| write.old_text(field));
        Span::between(env, text("startTm"), text("endTm"))
    }

    fn between(env: &Services, from: &str, until: &str) -> Result<Span> {
        let moment = |name: &str, text: &str| {
            let time = env
                .parse_date(text)
                .ok_or_else(|| Error::param(format!("bad param `{name}`: `{text}` is no time")));
            time.map(|time| time.format("%Y-%m-%d %H:%M:%S").to_string())
        };
        let span = Span { from: moment("startTm", from)?, until: moment("endTm", until)? };
        match span.from < span.until {
            true => Ok(span),
            false => Err(Error::param("bad param `endTm`: it must be after `startTm`")
                .say("结束时间必须晚于开始时间", "`endTm` must be after `startTm`")),
        }
    }

    /// What is new or confirmed within it. The house's own rights are needed: a user sees only his own.
    fn bookings(&self, tx: &mut Tx<'_>, which: &str) -> Result<Vec<Value>> {
        let Span { from, until } = self;
        let cond = format!("{which} AND status IN ('CR','OK') AND startTm<'{until}' AND endTm>'{from}'");
        let get = params(json!({"res": "id,roomId", "fmt": "array", "cond": cond, "pagesz": -1}));
        match tx.call_as_system("Booking.query", get, Params::default())? {
            Value::Array(list) => Ok(list),
            _ => Ok(Vec::new()),
        }
    }
}

fn number(write: &Write, field: &str) -> i64 {
    let value = write.get(field).or_else(|| write.old.get(field));
    value.and_then(|v| v.as_i64().or_else(|| v.as_str()?.parse().ok())).unwrap_or_default()
}

fn params(value: Value) -> Params {
    match value {
        Value::Object(map) => Params(map),
        _ => Params::default(),
    }
}
