//! Declarations about uploaded files: kinds of uploads, the columns that hold ids of files, and the
//! rules of the plugin that keeps them. Plain data; the keeping itself is that plugin's business.

use crate::auth::Mask;
use crate::auth::mask::{KEY, LOGIN};
use crate::db::Tx;
use crate::error::Result;

/// A column that holds the id of an uploaded file. Whoever may read the owning row may read the file; a file
/// that no column holds any more goes away.
#[derive(Debug, Clone, Copy)]
pub struct FileOwner {
    /// The table of the column.
    pub table: &'static str,
    /// The column, which holds an id.
    pub column: &'static str,
    /// The object whose rows decide who may read.
    pub object: &'static str,
    /// The field of `table` that holds the id of `object`'s row.
    pub link: &'static str,
}

/// Files of `table.column` belong to the row itself, which is one of the object of the same name.
pub const fn file_in(table: &'static str, column: &'static str) -> FileOwner {
    FileOwner { table, column, object: table, link: "id" }
}

impl FileOwner {
    /// The row of another object that decides: `file_in("OrderAtt", "attId").of("Ordr", "orderId")`.
    pub const fn of(mut self, object: &'static str, link: &'static str) -> FileOwner {
        self.object = object;
        self.link = link;
        self
    }
}

/// A kind of uploads, named by the parameter `category` (or `type`) of `upload`.
#[derive(Debug, Clone, Copy)]
pub struct FileCategory {
    /// Letters and digits: it becomes a folder.
    pub name: &'static str,
    /// Who may upload such files.
    pub who: Mask,
    /// `"jpg png"`; empty = the configured list.
    pub extensions: &'static str,
    /// Bytes of one file at most; 0 = as much as a request may carry.
    pub max: u64,
    /// Readable by everybody, by id alone.
    pub public: bool,
    /// Of private matters: staff sees the rows of such files only with the permission for private data.
    pub private: bool,
    /// Not removed when no column holds it, because texts may name it.
    pub stays: bool,
    /// Longest side of the thumbnail that `genThumb=1` makes.
    pub thumb: u32,
    /// Bytes of a thumbnail at most, for small screens behind slow lines; 0 = no matter.
    pub thumb_max: u64,
    /// Sides of the two squares that `genThumb=2` makes.
    pub crops: (u32, u32),
}

/// Files of any configured kind and size, for everybody who is logged in and for programs with a key.
pub const fn category(name: &'static str) -> FileCategory {
    FileCategory {
        name,
        who: LOGIN | KEY,
        extensions: "",
        max: 0,
        public: false,
        private: false,
        stays: false,
        thumb: 360,
        thumb_max: 0,
        crops: (300, 160),
    }
}

impl FileCategory {
    /// Extensions of pictures that browsers show.
    pub const PICTURES: &'static str = "jpg jpeg png gif webp";

    /// Only callers with one of these bits upload such files.
    pub const fn who(mut self, mask: Mask) -> FileCategory {
        self.who = mask;
        self
    }

    /// Only these kinds of files: `"jpg png"`.
    pub const fn extensions(mut self, list: &'static str) -> FileCategory {
        self.extensions = list;
        self
    }

    /// Bytes of one file at most.
    pub const fn max(mut self, bytes: u64) -> FileCategory {
        self.max = bytes;
        self
    }

    /// Everybody may read them who knows the id.
    pub const fn public(mut self) -> FileCategory {
        self.public = true;
        self
    }

    /// Private matters: staff needs the permission for private data.
    pub const fn private(mut self) -> FileCategory {
        self.private = true;
        self
    }

    /// Kept although no column holds them, because texts may name them.
    pub const fn stays(mut self) -> FileCategory {
        self.stays = true;
        self
    }

    /// Longest side of the thumbnail that `genThumb=1` makes.
    pub const fn thumb(mut self, side: u32) -> FileCategory {
        self.thumb = side;
        self
    }

    /// Bytes of a thumbnail at most.
    pub const fn thumb_max(mut self, bytes: u64) -> FileCategory {
        self.thumb_max = bytes;
        self
    }

    /// Sides of the two squares that `genThumb=2` makes.
    pub const fn crops(mut self, pc: u32, mobile: u32) -> FileCategory {
        self.crops = (pc, mobile);
        self
    }
}

/// The table whose rows stand for files of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileRows {
    /// The table.
    pub table: &'static str,
    /// The column of the key in the store; what has `://` in it lies elsewhere.
    pub key: &'static str,
    /// The column of the number of bytes.
    pub size: &'static str,
}

/// What the plugin that keeps files wants to know.
#[derive(Clone, Copy)]
pub struct FileRules {
    /// Where the rows of files are.
    pub rows: FileRows,
    /// The caller is about to put these files into a row; refuses files that they may not read.
    pub used: fn(&mut Tx<'_>, &[i64]) -> Result<()>,
    /// At the end of a call that took these files out of rows, in the same transaction.
    pub released: fn(&mut Tx<'_>, &[i64]) -> Result<()>,
}
