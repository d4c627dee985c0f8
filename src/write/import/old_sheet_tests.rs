//! Old workbooks made record by record: each kind of cell, shared texts across records, and files that lie.

use super::*;
use proptest::prelude::*;

fn record(kind: u16, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap();
    [&kind.to_le_bytes()[..], &length.to_le_bytes(), data].concat()
}

fn words(list: &[u16]) -> Vec<u8> {
    list.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// A workbook with the sheet's records behind its own; `globals` come before the sheet is named.
fn book(globals: &[Vec<u8>], sheet: &[Vec<u8>]) -> Vec<u8> {
    let begin = record(BOF, &words(&[VERSION, 5]));
    let head: usize = begin.len() + globals.iter().map(Vec::len).sum::<usize>() + 4 + 9 + 4;
    let named = [&u32::try_from(head).unwrap().to_le_bytes()[..], &[0, 0, 1, 0, b'S']].concat();
    let globals = [begin, globals.concat(), record(BOUND_SHEET, &named), record(EOF, &[])].concat();
    assert_eq!(globals.len(), head);
    [globals, record(BOF, &words(&[VERSION, 0x10])), sheet.concat(), record(EOF, &[])].concat()
}

fn cell(kind: u16, place: (u16, u16), format: u16, value: &[u8]) -> Vec<u8> {
    record(kind, &[&words(&[place.0, place.1, format])[..], value].concat())
}

/// Formats 0 and 1: a plain number, a date.
fn formats() -> Vec<Vec<u8>> {
    let date = [&words(&[200, 5])[..], &[0], b"d-m-y"].concat();
    vec![record(FORMAT, &date), record(XF, &words(&[0, 0])), record(XF, &words(&[0, 200]))]
}

#[test]
fn each_kind_of_cell() {
    let shared = [&[0; 8][..], &words(&[2]), &[0], b"ab", &words(&[1]), &[1], &words(&[0x4e2d])].concat();
    let globals = [formats(), vec![record(SST, &shared)]].concat();
    let mul = [
        &words(&[1, 2, 0])[..],
        &(5_u32 << 2 | 2).to_le_bytes(),
        &words(&[0]),
        &(150_u32 << 2 | 3).to_le_bytes(),
        &words(&[3]),
    ];
    let formula_text = [0, 0, 0, 0, 0, 0, 0xff, 0xff];
    let sheet = [
        cell(LABEL_SST, (0, 0), 0, &0_u32.to_le_bytes()),
        cell(LABEL_SST, (0, 1), 0, &1_u32.to_le_bytes()),
        cell(LABEL_SST, (0, 2), 0, &9_u32.to_le_bytes()),
        cell(NUMBER, (1, 0), 0, &12.25_f64.to_le_bytes()),
        cell(NUMBER, (1, 1), 1, &45352.5_f64.to_le_bytes()),
        record(MUL_RK, &mul.concat()),
        cell(LABEL, (2, 0), 0, &[&words(&[1])[..], &[0], b"x"].concat()),
        cell(BOOL_ERR, (2, 1), 0, &[1, 0]),
        cell(BOOL_ERR, (2, 2), 0, &[7, 1]),
        cell(FORMULA, (3, 0), 0, &[&2.5_f64.to_le_bytes()[..], &[0; 8]].concat()),
        cell(FORMULA, (3, 1), 0, &[&formula_text[..], &[0; 8]].concat()),
        record(STRING, &[&words(&[2])[..], &[0], b"hi"].concat()),
        // A chart inside the sheet.
        record(BOF, &words(&[VERSION, 0x20])),
        cell(NUMBER, (0, 0), 0, &9_f64.to_le_bytes()),
        record(EOF, &[]),
        cell(RK, (4, 0), 0, &(0x3ff0_0000_u32).to_le_bytes()),
        cell(NUMBER, (4, 1), 1, &0.25_f64.to_le_bytes()),
    ];
    let text = text_of(&book(&globals, &sheet)).unwrap();
    assert_eq!(text, "ab,中\n12.25,2024-03-01 12:00:00,5,1.5\nx,1\n2.5,hi\n1,06:00:00\n");
}

#[test]
fn shared_texts_run_on_from_record_to_record() {
    // Narrow in the first record, wide in the second; runs of formats lie across the end of that.
    let first = [&[0; 8][..], &words(&[4]), &[8, 1, 0], b"ab"].concat();
    let second = [&[1][..], &words(&[0x4e2d, 0x6587]), &[0, 0]].concat();
    let third = [&[0, 0][..], &words(&[1]), &[0], b"z"].concat();
    assert_eq!(shared_texts(&[&first, &second, &third]), ["ab中文", "z"]);
}

#[test]
fn formats_that_show_dates() {
    for format in ["yyyy-mm-dd", "m/d/yy h:mm", "[$-804]yyyy\"年\"m\"月\"", "上午/下午h\"时\""] {
        assert!(shows_date(format), "{format}");
    }
    for format in ["0.00", "#,##0.00\"yuan and days\"", "[Red]-0", "General", "0\\d", "@", "_y0"] {
        assert!(!shows_date(format), "{format}");
    }
}

#[test]
fn what_is_no_workbook_of_excel_97_is_refused() {
    let why = |stream: &[u8]| text_of(stream).unwrap_err().text.zh.into_owned();
    assert_eq!(why(&[]), "Excel文件无法读取");
    assert_eq!(why(&record(BOF, &words(&[0x0500, 5]))), "Excel文件无法读取");
    let locked = [record(BOF, &words(&[VERSION, 5])), record(FILEPASS, &[1, 0])].concat();
    assert!(why(&locked).contains("密码"));
    // One text of many characters in many cells.
    let shared = [&[0; 8][..], &words(&[8000]), &[0], &[b'x'; 8000]].concat();
    let sheet: Vec<_> = (0..10_000).map(|row| cell(LABEL_SST, (row, 0), 0, &0_u32.to_le_bytes())).collect();
    let large = text_of(&book(&[record(SST, &shared)], &sheet)).unwrap_err();
    assert!(large.detail.unwrap().contains("too large"));
}

#[test]
fn a_row_of_numbers_past_the_last_column_is_cut() {
    let row = [&words(&[0, u16::MAX])[..], &[0; 12], &words(&[0])].concat();
    let _ = text_of(&book(&formats(), &[record(MUL_RK, &row)]));
}

proptest! {
    #[test]
    fn never_panics(noise in proptest::collection::vec(any::<u8>(), 0..400), at in 0_usize..400, cut in 0_usize..600) {
        let _ = text_of(&noise);
        let shared = [&[0; 8][..], &words(&[2]), &[9, 1, 0], b"ab\0\0\0\0"].concat();
        let globals = [formats(), vec![record(SST, &shared), record(CONTINUE, &noise)]].concat();
        let sheet = [cell(LABEL_SST, (0, 0), 0, &[0; 4]), cell(RK, (1, 1), 1, &noise), record(MUL_RK, &noise)];
        let mut whole = book(&globals, &sheet);
        if let (Some(byte), Some(other)) = (whole.get_mut(at), noise.first()) {
            *byte ^= other;
        }
        let _ = text_of(&whole);
        let _ = text_of(&whole[..cut.min(whole.len())]);
    }
}
