//! The host's side of one worker process: jobs that are in it, and the thread that reads its words.

use std::{
    collections::BTreeMap,
    os::fd::OwnedFd,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak, mpsc},
    time::{Duration, Instant},
};

use crate::{
    channel::{self, Received, Receiver, Sender},
    engine::Inner,
    error::{EngineError, FailureClass},
    job::Shared,
    locate,
    log::Log,
    options::EngineOptions,
    process::Process,
    receive,
    words::{GridWords, PROTOCOL, SegmentWords, ToHost, ToWorker, WorkerDescription},
};

/// A worker answers a cancel between two passes through the network; one that takes longer is ended.
const CANCEL_PATIENCE: Duration = Duration::from_millis(800);
/// The worker's reading thread does nothing else, so that a line is read at once, but for the start of the program.
const SEND_PATIENCE: Duration = Duration::from_secs(2);
/// Looking for GPUs may load gigabytes of libraries from a slow disk.
const DESCRIBE_PATIENCE: Duration = Duration::from_secs(120);
/// From the end of words to the end of the process.
const END_PATIENCE: Duration = Duration::from_millis(300);
/// A job is sent to so many workers in all: the first may end because of another job.
const MOST_WORKERS: u32 = 3;

/// One worker process.
#[derive(Debug)]
pub(crate) struct Connection {
    process: Process,
    sender: Sender,
    board: Mutex<Board>,
}

/// What is under way.
struct Board {
    open: bool,
    /// Whether the worker has said hello.
    ready: bool,
    jobs: BTreeMap<u64, Arc<Shared>>,
    descriptions: Vec<mpsc::Sender<Result<WorkerDescription, EngineError>>>,
    /// Why this side ended it.
    ending: Option<Ending>,
    last_used: Instant,
}

/// Why a worker was ended.
#[derive(Clone, Debug)]
enum Ending {
    /// The engine was stopped or dropped.
    Stopped,
    /// There was nothing to do for long.
    Idle,
    /// It did not answer a cancel in time.
    Cancelled,
    /// It did something that it must not.
    Refused(EngineError),
}

impl Connection {
    /// Starts a worker.
    pub(crate) fn start(options: &EngineOptions, engine: Weak<Inner>) -> Result<Arc<Self>, EngineError> {
        let program = locate::find_worker(options.worker.as_deref())?;
        let system = |doing: &str| {
            let doing = doing.to_owned();
            move |e: std::io::Error| EngineError::System { doing, reason: e.to_string() }
        };
        let log = Log::create(options.log_folder.as_deref()).map_err(system("write the worker's log"))?;
        let (ours, theirs) = channel::pair().map_err(system("make a channel to the worker"))?;
        let process = Process::start(&program, theirs, log)?;
        let (sender, receiver) = channel::open(ours);
        let board = Board {
            open: true,
            ready: false,
            jobs: BTreeMap::new(),
            descriptions: Vec::new(),
            ending: None,
            last_used: Instant::now(),
        };
        let connection = Arc::new(Self { process, sender, board: Mutex::new(board) });
        let (reader, idle_limit) = (connection.clone(), options.idle_limit);
        let thread = std::thread::Builder::new().name("tmli-engine".to_owned());
        let started = thread.spawn(move || {
            reader.read(receiver, idle_limit);
            reader.close(&engine);
        });
        if let Err(error) = started {
            connection.process.kill();
            return Err(system("start a thread")(error));
        }
        let hello = ToWorker::Hello {
            protocol: PROTOCOL,
            host: env!("CARGO_PKG_VERSION").to_owned(),
            model_memory_bytes: options.model_memory_bytes,
        };
        connection.send(&hello, None)?;
        Ok(connection)
    }

    /// Whether this process started the worker, and not the one that it was forked from.
    pub(crate) fn is_ours(&self) -> bool {
        self.process.is_ours()
    }

    /// Of the worker, while it is there.
    pub(crate) fn process_id(&self) -> Option<u32> {
        self.is_open().then(|| self.process.id())
    }

    /// Whether jobs may be added.
    pub(crate) fn is_open(&self) -> bool {
        let board = self.board();
        board.open && board.ending.is_none()
    }

    /// Hands a job to the worker; `false` when the worker is at its end.
    pub(crate) fn add(self: &Arc<Self>, job: &Arc<Shared>) -> Result<bool, EngineError> {
        let Some(request) = job.request() else { return Ok(true) };
        let words = ToWorker::Segment(Box::new(SegmentWords {
            job: job.number,
            ct: GridWords::of(request.ct.geometry()),
            models: request.models.clone(),
            structures: request.structures.clone(),
            device: request.device,
            overlap: request.overlap,
            region: request.region.map(Into::into),
        }));
        {
            let mut board = self.board();
            if !board.open || board.ending.is_some() {
                return Ok(false);
            }
            job.sent_to(Arc::downgrade(self));
            board.jobs.insert(job.number, job.clone());
            board.last_used = Instant::now();
        }
        self.process.log().limit();
        let sent = self.send(&words, Some(&request));
        if sent.is_err() {
            self.board().jobs.remove(&job.number);
        }
        if job.is_cancelling() {
            // It was asked for while the job was between two workers.
            self.send(&ToWorker::Cancel { job: job.number }, None)?;
        }
        sent.map(|()| true)
    }

    /// Asks what the worker is and can, and waits for the answer.
    pub(crate) fn describe(&self) -> Result<WorkerDescription, EngineError> {
        let (sender, receiver) = mpsc::channel();
        {
            let mut board = self.board();
            if !board.open {
                return Err(self.process.ended(None));
            }
            board.descriptions.push(sender);
            board.last_used = Instant::now();
        }
        self.send(&ToWorker::Describe, None)?;
        receiver.recv_timeout(DESCRIBE_PATIENCE).unwrap_or_else(|_| {
            let silent = self.silent("describe itself", DESCRIBE_PATIENCE);
            self.end(Ending::Refused(silent.clone()));
            Err(silent)
        })
    }

    /// Asks the worker to leave a job, and sees to it that the job is over soon.
    pub(crate) fn cancel(self: &Arc<Self>, job: &Arc<Shared>) {
        if !job.begin_cancel() {
            return;
        }
        let asked = self.send(&ToWorker::Cancel { job: job.number }, None);
        let (this, waiting) = (self.clone(), job.clone());
        let enforce = move || {
            if asked.is_err() || !waiting.wait_until_over(CANCEL_PATIENCE) {
                waiting.finish(Err(EngineError::Cancelled));
                this.end(Ending::Cancelled);
            }
        };
        // The caller is not made to wait; without a thread it has to be.
        let thread = std::thread::Builder::new().name("tmli-cancel".to_owned());
        let enforce = Arc::new(enforce);
        let in_thread = enforce.clone();
        if thread.spawn(move || in_thread()).is_err() {
            enforce();
        }
    }

    /// Ends the worker and everything in it.
    pub(crate) fn stop(&self) {
        self.end(Ending::Stopped);
    }

    /// Waits until the worker is gone, and with it its memory.
    pub(crate) fn wait_until_gone(&self, limit: Duration) {
        self.process.finish(limit);
    }

    fn end(&self, ending: Ending) {
        self.board().ending.get_or_insert(ending);
        self.process.kill();
    }

    fn send(&self, words: &ToWorker, beside: Option<&crate::SegmentRequest>) -> Result<(), EngineError> {
        let line = serde_json::to_string(words).map_err(|e| EngineError::Request {
            what: "a path of a model folder",
            got: "other than UTF-8".to_owned(),
            expected: format!("UTF-8 ({e})"),
        })?;
        let handle = beside.map(|request| request.ct.memory().handle());
        match self.sender.send(&line, handle, SEND_PATIENCE) {
            Ok(()) => Ok(()),
            Err(e) if e.kind() == std::io::ErrorKind::InvalidInput => Err(EngineError::Request {
                what: "the list of models and structures",
                got: format!("{} bytes of words", line.len()),
                expected: format!("at most {}", channel::LONGEST_LINE),
            }),
            Err(e) if e.kind() == std::io::ErrorKind::TimedOut => {
                let silent = self.silent("read what it was sent", SEND_PATIENCE);
                self.end(Ending::Refused(silent.clone()));
                Err(silent)
            }
            // The worker is gone: the reading thread learns it too, and tells everyone why.
            Err(_) => Ok(()),
        }
    }

    fn silent(&self, what: &'static str, patience: Duration) -> EngineError {
        EngineError::WorkerSilent { what, seconds: patience.as_secs(), log: self.process.log().path().to_owned() }
    }

    /// Reads words until there are no more.
    fn read(&self, mut receiver: Receiver, idle_limit: Option<Duration>) {
        loop {
            let limit = idle_limit.map(|limit| limit.saturating_sub(self.board().last_used.elapsed()));
            let received = receiver.receive(limit);
            let taken = match received {
                Ok(Received::Line(line, handle)) => self.take_in(&line, handle),
                Ok(Received::Nothing) => {
                    if self.is_idle_for(idle_limit) {
                        return self.end(Ending::Idle);
                    }
                    Ok(())
                }
                Ok(Received::End) => return,
                Err(error) => Err(error.to_string()),
            };
            if let Err(reason) = taken {
                return self.end(Ending::Refused(EngineError::Protocol { reason }));
            }
        }
    }

    /// Whether nothing was asked for so long; from then on nothing is.
    fn is_idle_for(&self, limit: Option<Duration>) -> bool {
        let mut board = self.board();
        if !board.jobs.is_empty() || !board.descriptions.is_empty() {
            board.last_used = Instant::now();
            return false;
        }
        let idle = limit.is_some_and(|limit| board.last_used.elapsed() >= limit);
        board.open &= !idle;
        idle
    }

    /// Acts on a line of the worker.
    fn take_in(&self, line: &str, handle: Option<OwnedFd>) -> Result<(), String> {
        let words: ToHost =
            serde_json::from_str(line).map_err(|e| format!("the worker said something unknown ({e})"))?;
        match words {
            ToHost::Ready { protocol, worker } => {
                if protocol != PROTOCOL {
                    let ours = env!("CARGO_PKG_VERSION");
                    return Err(format!(
                        "the worker ({worker}) speaks version {protocol} of the words, this library ({ours}) version \
                         {PROTOCOL}"
                    ));
                }
                self.board().ready = true;
            }
            ToHost::Refused { reason } => return Err(reason),
            ToHost::Description(description) => {
                for waiting in std::mem::take(&mut self.board().descriptions) {
                    // Whoever asked may have given up.
                    let _ = waiting.send(Ok(description.clone()));
                }
            }
            ToHost::Started { job, device } => {
                if let Some(job) = self.job(job) {
                    job.begin(device);
                }
            }
            ToHost::Progress { job, fraction, stage } => {
                if let Some(job) = self.job(job) {
                    job.advance(fraction, stage);
                }
            }
            ToHost::Done(done) => {
                if let Some(job) = self.leave(done.job) {
                    job.finish(receive::result(&job, *done, handle));
                }
            }
            ToHost::Failed { job: Some(job), class, message, hint } => {
                if let Some(job) = self.leave(job) {
                    let hint = self.with_log(class, hint);
                    job.finish(Err(EngineError::Job { class, message, hint }));
                }
            }
            ToHost::Failed { job: None, message, .. } => return Err(message),
            ToHost::Cancelled { job } => {
                if let Some(job) = self.leave(job) {
                    job.finish(Err(EngineError::Cancelled));
                }
            }
        }
        Ok(())
    }

    /// The hint, with the log's place where the log says more than the error.
    fn with_log(&self, class: FailureClass, hint: String) -> String {
        match class {
            FailureClass::Libtorch | FailureClass::Defect => {
                format!("{hint}; the log is {}", self.process.log().path().display())
            }
            FailureClass::Request | FailureClass::Volume | FailureClass::Model | FailureClass::Memory => hint,
        }
    }

    fn job(&self, number: u64) -> Option<Arc<Shared>> {
        self.board().jobs.get(&number).cloned()
    }

    fn leave(&self, number: u64) -> Option<Arc<Shared>> {
        let mut board = self.board();
        board.last_used = Instant::now();
        board.jobs.remove(&number)
    }

    /// After the last word: learns how the process ended, and tells or moves everyone who waits.
    fn close(&self, engine: &Weak<Inner>) {
        let status = self.process.finish(END_PATIENCE);
        let (jobs, descriptions, ending, ready) = {
            let mut board = self.board();
            board.open = false;
            let (jobs, descriptions) = (std::mem::take(&mut board.jobs), std::mem::take(&mut board.descriptions));
            (jobs, descriptions, board.ending.clone(), board.ready)
        };
        let error = match &ending {
            Some(Ending::Stopped) => EngineError::Stopped,
            Some(Ending::Refused(error)) => error.clone(),
            Some(Ending::Idle | Ending::Cancelled) | None => self.process.ended(status),
        };
        for waiting in descriptions {
            // Whoever asked may have given up.
            let _ = waiting.send(Err(error.clone()));
        }
        for job in jobs.into_values() {
            // A job does not suffer from another's end: it begins again in a new worker.
            let blameless = match ending {
                Some(Ending::Cancelled | Ending::Idle) => true,
                None => ready && !job.is_begun(),
                Some(Ending::Stopped | Ending::Refused(_)) => false,
            };
            if job.is_cancelling() {
                job.finish(Err(EngineError::Cancelled));
            } else if !blameless || job.times_sent() >= MOST_WORKERS {
                job.finish(Err(error.clone()));
            } else {
                let moved = engine.upgrade().map_or(Err(EngineError::Stopped), |engine| engine.submit(&job));
                if let Err(error) = moved {
                    job.finish(Err(error));
                }
            }
        }
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Board {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Board").field("open", &self.open).field("jobs", &self.jobs.len()).finish_non_exhaustive()
    }
}
