//! Permission bits and the roles they add up to. Bits travel in declarations; a role picks the declaration
//! of an object that applies to a caller.

/// Who a login is, as bits; names are those of the protocol's messages.
pub type Mask = u32;

pub const GUEST: Mask = 0;
pub const USER: Mask = 0x01;
pub const EMP: Mask = 0x02;
pub const ADMIN: Mask = 0x04;
pub const WATCH: Mask = 0x08;
/// Any login type.
pub const LOGIN: Mask = 0xff;
pub const MGR: Mask = 0x100;
/// Logged in, but without the second factor that the server requires: may get one, and nothing else.
pub const ENROL: Mask = 0x200;
/// All that an account gives its caller.
pub const ACCOUNT: Mask = LOGIN | MGR | ENROL | PRIVATE | JOBS;
/// Staff that may look at the private data of users: messages, positions, address books.
pub const PRIVATE: Mask = 0x800;
/// Staff that looks after jobs: what waits, runs and has failed.
pub const JOBS: Mask = 0x4000;
/// A key in a header instead of a login (extended authentication). An action that names this bit takes keys
/// that list no actions of their own.
pub const KEY: Mask = 0x400;
pub const TEST_MODE: Mask = 0x1000;
pub const MOCK_MODE: Mask = 0x2000;

const NAMES: &[(Mask, &str)] = &[
    (USER, "user"),
    (EMP, "employee"),
    (ADMIN, "admin"),
    (WATCH, "watch"),
    (MGR, "manager"),
    (ENROL, "enrolling"),
    (PRIVATE, "private data"),
    (JOBS, "jobs"),
    (KEY, "key"),
    (TEST_MODE, "testmode"),
    (MOCK_MODE, "mockmode"),
];

/// `employee/manager`: what a refusal says is needed.
pub fn names(mask: Mask) -> String {
    if mask & LOGIN == LOGIN {
        return "login".to_owned();
    }
    let words: Vec<&str> = NAMES.iter().filter(|(bit, _)| mask & bit != 0).map(|(_, name)| *name).collect();
    if words.is_empty() { "guest".to_owned() } else { words.join("/") }
}

/// The declaration of an object that a caller gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    Guest,
    User,
    Emp,
    Mgr,
    Admin,
    Watch,
}

impl Role {
    pub const ALL: [Role; 6] = [Role::Guest, Role::User, Role::Emp, Role::Mgr, Role::Admin, Role::Watch];

    /// The role of a set of bits; the strongest wins.
    pub fn of(bits: Mask) -> Role {
        match bits {
            b if b & ADMIN != 0 => Role::Admin,
            b if b & EMP != 0 && b & MGR != 0 => Role::Mgr,
            b if b & EMP != 0 => Role::Emp,
            b if b & USER != 0 => Role::User,
            b if b & WATCH != 0 => Role::Watch,
            _ => Role::Guest,
        }
    }

    /// Whose declaration applies, in order: a user may do what a guest may, an employee may not.
    pub fn chain(self) -> &'static [Role] {
        match self {
            Role::Guest => &[Role::Guest],
            Role::User => &[Role::User, Role::Guest],
            Role::Emp => &[Role::Emp],
            Role::Mgr => &[Role::Mgr, Role::Emp],
            Role::Admin => &[Role::Admin],
            Role::Watch => &[Role::Watch],
        }
    }

    /// The bits a plain login of this role has.
    pub fn bits(self) -> Mask {
        match self {
            Role::Guest => GUEST,
            Role::User => USER,
            Role::Emp => EMP,
            Role::Mgr => EMP | MGR,
            Role::Admin => ADMIN,
            Role::Watch => WATCH,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Role::Guest => "guest",
            Role::User => "user",
            Role::Emp => "emp",
            Role::Mgr => "mgr",
            Role::Admin => "admin",
            Role::Watch => "watch",
        }
    }
}
