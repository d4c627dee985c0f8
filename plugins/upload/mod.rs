//! Files and pictures: they come in, lie in a store, go out to those who may read them, and go away with the
//! rows that held them. Tables and actions: DESIGN.md beside this file.

mod access;
mod camera;
mod download;
mod export;
mod file_type;
mod incoming_file;
pub mod pending_file;
mod pic;
mod picture;
mod quota;
mod range;
mod removal;
#[expect(clippy::module_inception, reason = "the plugin is named after its main action")]
mod upload;
mod variants;

pub use upload::{store_all, take_in};

use jindou::config::KeyKind;
use jindou::plugin::*;

pub static PLUGIN: Plugin = Plugin::new("upload", include_str!("DESIGN.md"))
    .basic()
    .objects(&[&ATTACHMENT, &ATTACHMENT_GONE])
    .functions(&[
        staged("upload", LOGIN | KEY, upload::upload)
            .takes_file()
            .file_max(upload::most)
            .doc("Takes files in."),
        staged("att", GUEST, download::att).gives_file().doc("Sends a file."),
        read("pic", GUEST, pic::pic).doc("A page of pictures."),
        read("export", LOGIN, export::export).own_site().doc("Sends a text back as a file."),
    ])
    .config(KEYS)
    .file_categories(&[
        category(""),
        category("user").public().extensions(FileCategory::PICTURES).max(5 << 20),
        category("store"),
        category("avatar").public().extensions(FileCategory::PICTURES).max(5 << 20),
    ])
    .file_rules(FileRules {
        rows: FileRows { table: "Attachment", key: "path", size: "size" },
        used: access::used,
        released: removal::released,
    })
    .jobs(&[Job::destroying("upload.tidy", 3600, removal::tidy)]);

const KEYS: &[ConfKey] = &[
    quota::KEY,
    ConfKey::new(
        "P_UPLOAD_EXT",
        "jpg,jpeg,png,gif,webp,txt,pdf,docx,doc,xlsx,xls,zip,rar,pptx,ppt,mp3,m4a,mp4",
        KeyKind::List,
        "extensions of files that may be uploaded; * = any, though what could run is only ever saved",
        "允许上传的文件扩展名；* 表示不限（可执行内容只能下载）",
    ),
    ConfKey::new(
        "P_UPLOAD_MAX",
        "20M",
        KeyKind::Size { min: 1 << 10, max: 4 << 30 },
        "largest file, where its category says nothing",
        "单个文件最大字节数（类别未规定时）",
    ),
    ConfKey::new(
        "P_UPLOAD_PIXELS",
        "32000000",
        KeyKind::Int { min: 1_000_000, max: 1_000_000_000 },
        "largest picture, in pixels of four bytes; a reader that holds more for a pixel (progressive JPEG, WebP, GIF) counts so many more",
        "图片最大像素数（每像素 4 字节计；渐进式 JPEG、WebP、GIF 按实际占用折算）",
    ),
];

static ATTACHMENT: Object = Object::table("Attachment")
    .gone_for_good()
    .hidden("akey")
    .time_columns("tm")
    .default_sort("id desc")
    .quick_search("orgName")
    .on_del(removal::with_its_files)
    .emp(can(READ).hidden("path, sha256").narrow(access::listed))
    .mgr(can(READ | DEL).hidden("path, sha256").narrow(access::listed))
    .admin(can(READ | DEL));

static ATTACHMENT_GONE: Object = Object::table("AttachmentGone").unlogged().admin(can(READ));

/// What a row tells about the file in its column `by`: `k` to read it with, name, size, type.
pub const fn file_cols(by: &'static str) -> VCols {
    join("Attachment", by).cols("akey k, orgName, size, mime").handed_out().by_default()
}
