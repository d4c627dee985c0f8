//! Rooms. Managers keep them, everybody sees them and asks which are free.

use super::{booking, errors};
use jindou::plugin::*;

pub static ROOM: Object = Object::table("Room")
    .vcols(&[count("bookingCnt", "Booking", "roomId={id}")])
    .quick_search("name")
    .lookup("name")
    .actions(&[read("free", GUEST, free).doc("Rooms that nobody has booked between startTm and endTm.")])
    .everybody(can(READ))
    .mgr_also(can(ADD | SET | DEL).required("name"));

/// `Room.free(startTm, endTm)`
fn free(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let from = args.need_moment("startTm")?;
    let until = args.need_moment("endTm")?;
    ensure(from < until, errors::BACKWARDS)?;
    // `find` does not ask for the caller's rights: a guest sees no bookings, and is told nothing of them here.
    let taken = tx.find("Booking", Find::by(booking::within(&from, &until)).res("roomId"))?;
    let taken = taken.iter().map(|booking| booking.int("roomId"));
    let free = Cond::equals("closedFlag", 0).and(!Cond::one_of("id", taken));
    let rooms = tx.find("Room", Find::by(free).res("id, name, seatCnt").order("id"))?;
    Ok(json!(rooms).into())
}
