//! The threads of one queue, made when its first job comes.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

pub type Task = Box<dyn FnOnce() + Send>;

pub struct Pool {
    name: &'static str,
    width: usize,
    /// How many there shall be: more than the width while some are stuck.
    alive: Arc<AtomicUsize>,
    send: Sender<Task>,
    tasks: Arc<Mutex<Receiver<Task>>>,
}

impl Pool {
    pub fn new(name: &'static str, width: usize) -> Pool {
        let (send, tasks) = channel();
        Pool { name, width, alive: Arc::default(), send, tasks: Arc::new(Mutex::new(tasks)) }
    }

    /// Runs the task as soon as a thread is free.
    pub fn run(&self, task: Task) {
        while self.alive.load(Ordering::SeqCst) < self.width {
            if !self.add_thread() {
                break;
            }
        }
        // There is a receiver as long as there is this.
        let _ = self.send.send(task);
    }

    /// One of the threads will not come back for a long time: another takes its place.
    pub fn replace_one(&self) {
        self.add_thread();
    }

    fn add_thread(&self) -> bool {
        self.alive.fetch_add(1, Ordering::SeqCst);
        let (tasks, alive, width) = (self.tasks.clone(), self.alive.clone(), self.width);
        let work = move || {
            loop {
                let next = tasks.lock().unwrap_or_else(PoisonError::into_inner).recv();
                let Ok(task) = next else { break };
                task();
                let enough = |alive: usize| (alive > width).then(|| alive - 1);
                if alive.fetch_update(Ordering::SeqCst, Ordering::SeqCst, enough).is_ok() {
                    return;
                }
            }
            alive.fetch_sub(1, Ordering::SeqCst);
        };
        let made = std::thread::Builder::new().name(format!("jobs-{}", self.name)).spawn(work);
        if let Err(error) = &made {
            self.alive.fetch_sub(1, Ordering::SeqCst);
            tracing::error!(%error, queue = self.name, "a thread for jobs cannot start");
        }
        made.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_takes_the_place_of_one_that_is_stuck() {
        let pool = Pool::new("test", 1);
        let (free, stuck) = channel::<()>();
        let (done, came) = channel();
        pool.run(Box::new(move || {
            let _ = stuck.recv();
        }));
        let said = done.clone();
        pool.run(Box::new(move || said.send(1).unwrap()));
        pool.replace_one();
        assert_eq!(came.recv(), Ok(1));
        // Both threads are there; the first that ends a task goes.
        drop(free);
        for n in 2..10 {
            let said = done.clone();
            pool.run(Box::new(move || said.send(n).unwrap()));
        }
        assert_eq!((2..10).map(|_| came.recv().unwrap()).collect::<Vec<i32>>().len(), 8);
        assert_eq!(pool.alive.load(Ordering::SeqCst), 1);
    }
}
