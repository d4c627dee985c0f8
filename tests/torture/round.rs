//! One round: a new database, and some cycles of work, fault, restart and check, all from one seed.

use crate::book::{Book, Order, Wrong};
use crate::check;
use crate::faults::{self, End, Fault};
use crate::journal;
use crate::load::{Files, Load};
use crate::rng::Rng;
use crate::server::{self, Place, Server, Who};
use crate::settle;
use crate::snapshot::Snapshot;
use crate::tally::Tally;
use crate::wal;
use std::path::Path;
use std::process::Child;
use std::time::Duration;

const CYCLES: u64 = 2;
/// From start to first answer, on a machine that does other things as well.
const START_MAX: Duration = Duration::from_secs(5);

pub struct Round {
    pub seed: u64,
    pub first: Fault,
    pub sync: &'static str,
}

/// Plays a round over a copy of `furnished`, and gives what was wrong.
pub fn play(round: &Round, furnished: &Path, dir: &Path, tally: &mut Tally) -> Book {
    let mut rng = Rng::new(round.seed);
    let place = Place::new(dir.to_owned(), rng.next(), round.sync);
    server::copy(furnished, &place.root());
    let mut files = Files::new();
    let mut book = Book::default();
    let Some(mut server) = start(&place, &mut book, tally) else { return book };
    for cycle in 0..CYCLES {
        let fault = if cycle == 0 { round.first } else { rng.pick(faults::ALL) };
        tally.struck(fault);
        let name = format!("c{cycle}");
        if fault.stops_writes() {
            book.weak_disk.insert(name.clone());
        }
        let load = Load::start(server.at, &mut rng, &name, &book, &mut files, fault.taste());
        faults::strike(fault, &place, &mut server, &load, &mut rng);
        let end = fault.end(&mut rng);
        if fault.passes() {
            match faults::is_healed(&mut server, &format!("{name}-healed")) {
                Ok(id) => {
                    let mark = format!("{name}-healed");
                    book.tell("Ordr", id, &mark);
                    book.orders.insert(id, Order::new(id, mark, Who::User(1), 0));
                }
                Err(said) => book.wrong(Wrong::Other, format!("no write after {fault:?} was over: {said}")),
            }
            load.until(rng.between(0, 30) as usize, Duration::from_secs(5));
        }
        finish(server, load, &place, end, fault, &mut book, &mut files);
        let begun = restart(fault, end, &place, &mut rng, &mut book);
        place.control.heal();
        let again = begun.then(|| start(&place, &mut book, tally)).flatten();
        let Some(next) = again else { return book };
        server = next;
        look(&mut book, &place, &server, &mut rng, tally);
        if !book.faults.is_empty() {
            server.kill();
            return book;
        }
    }
    if !server.end(&place).success() {
        book.wrong(Wrong::Other, "the server did not end well after SIGTERM");
    }
    tally.took(&book);
    book
}

fn start(place: &Place, book: &mut Book, tally: &mut Tally) -> Option<Server> {
    match Server::start(place) {
        Ok(server) => {
            tally.started(server.started_in);
            if server.started_in > START_MAX {
                book.wrong(Wrong::Slow, format!("the first answer came after {:?}", server.started_in));
            }
            Some(server)
        }
        Err(said) => {
            book.wrong(Wrong::Other, format!("the server did not start: {said}"));
            None
        }
    }
}

/// Ends the server while the clients still call.
fn finish(
    server: Server,
    load: Load,
    place: &Place,
    end: End,
    fault: Fault,
    book: &mut Book,
    files: &mut Files,
) {
    match end {
        End::Kill | End::PowerCut => {
            if fault == Fault::TermThenKill {
                server.signal("TERM");
                std::thread::sleep(Duration::from_millis(5));
            }
            server.kill();
            load.stop(book, files);
        }
        End::Term => {
            if !server.end(place).success() {
                book.wrong(Wrong::Other, "the server did not end well after SIGTERM");
            }
            load.stop(book, files);
        }
    }
}

/// What happens to the files of the dead server, and starts that do not come to their end. False when one of those did
/// what it must not.
fn restart(fault: Fault, end: End, place: &Place, rng: &mut Rng, book: &mut Book) -> bool {
    match fault {
        Fault::TornTail => wal::tear(&place.wal(), rng),
        // Still full, or still read-only.
        Fault::DiskFullAndRestart | Fault::ReadOnlyAndRestart => match Server::start(place) {
            Ok(server) => server.kill(),
            Err(said) if said.contains("jindou: ") => {}
            Err(said) => {
                book.wrong(Wrong::Other, format!("no clear word on a disk that takes nothing: {said}"))
            }
        },
        _ => {}
    }
    place.control.heal();
    if end == End::PowerCut {
        journal::cut_power(&place.root(), &place.journal(), rng);
    }
    if matches!(fault, Fault::KillWhileStarting | Fault::PowerCutWhileStarting) {
        for _ in 0..rng.between(2, 5) {
            place.control.die_after(rng.between(1, 60));
            let child = Server::spawn(place);
            ends(child, rng);
            place.control.heal();
            if fault == Fault::PowerCutWhileStarting {
                journal::cut_power(&place.root(), &place.journal(), rng);
            }
        }
    }
    true
}

/// Lets a start die by itself at the operation that was chosen, or by SIGKILL when it has come too far.
fn ends(mut child: Child, rng: &mut Rng) {
    let begun = std::time::Instant::now();
    let most = Duration::from_millis(rng.between(50, 400));
    while child.try_wait().unwrap().is_none() && begun.elapsed() < most {
        std::thread::sleep(Duration::from_millis(1));
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// Settles what is open, and looks at everything.
fn look(book: &mut Book, place: &Place, server: &Server, rng: &mut Rng, tally: &mut Tally) {
    settle::by_key(book, server, rng);
    let now = match Snapshot::read(place) {
        Ok(now) => now,
        Err(error) => return book.wrong(Wrong::Integrity, error.to_string()),
    };
    settle::by_rows(book, &now);
    check::all(book, place, &now);
    let (orphans, forgotten) = check::orphans(place, &now);
    tally.orphans += orphans;
    if forgotten > 0 && place.sync == "full" {
        book.wrong(Wrong::Other, format!("{forgotten} files that nobody will ever remove"));
    }
    if let Err(said) = server::verify(place) {
        book.wrong(Wrong::Chain, said);
    }
}
