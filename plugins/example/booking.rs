//! Bookings with their items. Users book, employees confirm or refuse; two bookings that are new or confirmed never overlap.

use super::errors;
use jindou::plugin::*;

pub static BOOKING: Object = Object::table("Booking")
    .vcols(&[
        join("Room", "roomId").cols("name roomName").by_default(),
        join("User", "userId").cols("name userName, phone userPhone").by_default(),
    ])
    .time_columns("startTm")
    .quick_search("dscr, roomName, userName")
    .subs(&[list("items", "BookingItem", "bookingId={id}").res("id, what, cnt")])
    .get_res("*, items")
    .references(&[("roomId", "Room")])
    .points_to(&[("roomId", "Room", errors::NO_ROOM)])
    .states(&STATUS)
    .on_add(begin)
    .on_del(take_items_along)
    .on_write(must_be_free)
    .user(
        can(ADD | READ | SET)
            .own("userId")
            .stamped("createTm")
            .required("roomId, startTm/tm, endTm/tm")
            .readonly_on_set("roomId"),
    )
    .emp(can(READ | SET).readonly("roomId, userId, createTm"));

pub static BOOKING_ITEM: Object =
    Object::table("BookingItem").user(can(READ).own_via("bookingId", "Booking", "userId")).emp(can(READ));

static STATUS: States = States::of("status")
    .start("CR")
    .step("CR", "OK", EMP)
    .called("确认|Confirm")
    .step("CR", "NO", EMP)
    .called("拒绝|Refuse")
    .step("CR", "CA", USER)
    .called("取消|Cancel")
    .step("OK", "CA", EMP)
    .called("取消|Cancel");

/// Rules run in the transaction of the write: this one for new bookings.
fn begin(tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    write.stamp("createTm", tx.now());
    Ok(())
}

/// The items of a booking go with it, and come back with it.
fn take_items_along(_tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    write.after(|tx, id| tx.del_along("BookingItem", &[("bookingId", json!(id))]).map(|_| ()));
    Ok(())
}

/// The room is open, and nobody else has it at that time. Runs for every write, after the rule for its kind.
fn must_be_free(tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    if !write.changes(&["roomId", "startTm", "endTm"]) {
        return Ok(());
    }
    let (id, room) = (write.id.unwrap_or_default(), write.final_int("roomId"));
    let from = write.final_time("startTm")?;
    let until = write.final_time("endTm")?;
    ensure(from < until, errors::BACKWARDS)?;
    let found = tx.first("Room", &[("id", json!(room))], "closedFlag")?;
    let closed = found.is_some_and(|room| room.int("closedFlag") == 1);
    // A booking that exists may still be moved.
    ensure(!(closed && write.adding()), errors::CLOSED)?;
    let others = within(&from, &until).and(Cond::equals("roomId", room)).and(Cond::differs("id", id));
    ensure(tx.count_of("Booking", others)? == 0, errors::TAKEN)
}

/// Bookings, new or confirmed, that take up a part of this time.
pub fn within(from: &str, until: &str) -> Cond {
    Cond::one_of("status", ["CR", "OK"]).and(Cond::less("startTm", until)).and(Cond::greater("endTm", from))
}
