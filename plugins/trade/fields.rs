//! Fields of lists in a body, checked by name: texts of a length, decimals of a range, pictures.

use jindou::plugin::*;

/// A refusal that names the field.
pub fn wrong(name: &str, zh: &str, en: &str) -> Error {
    Error::param(format!("bad param `{name}`: {en}"))
        .say(format!("参数`{name}`：{zh}"), format!("`{name}`: {en}"))
}

/// A text without blanks around it, of so many letters at most; empty is null.
pub fn text(row: &Row, name: &str, most: usize) -> Result<Value> {
    let text = match row.get(name) {
        None | Some(Value::Null) => return Ok(Value::Null),
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Number(number)) => number.to_string(),
        Some(_) => return Err(wrong(name, "应为文本", "a text")),
    };
    if text.chars().count() > most {
        return Err(wrong(name, &format!("最多{most}个字符"), &format!("at most {most} characters")));
    }
    Ok(if text.is_empty() { Value::Null } else { text.into() })
}

const LARGEST: f64 = 99_999_999.0;

/// A number in hundredths, above zero or not less than it; null when it is absent.
pub fn decimal(row: &Row, name: &str, above_zero: bool) -> Result<Option<f64>> {
    let number = match row.get(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => return Ok(None),
        Some(Value::String(text)) => text.trim().parse::<f64>().ok(),
        Some(value) => value.as_f64(),
    };
    let number = number.filter(|number| number.is_finite() && *number <= LARGEST && *number >= 0.0);
    let rounded = number.map(|number| (number * 100.0).round() / 100.0);
    match rounded.filter(|number| !above_zero || *number > 0.0) {
        Some(number) => Ok(Some(number)),
        None if above_zero => Err(wrong(name, "应为大于0的数", "a number above 0")),
        None => Err(wrong(name, "应为不小于0的数", "a number of at least 0")),
    }
}

/// A whole number in a range; null when it is absent.
pub fn count(row: &Row, name: &str, most: i64) -> Result<Option<i64>> {
    match row.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
        Some(_) => match whole(row, name).filter(|count| (0..=most).contains(count)) {
            Some(count) => Ok(Some(count)),
            None => {
                Err(wrong(name, &format!("应为0至{most}的整数"), &format!("a whole number from 0 to {most}")))
            }
        },
    }
}

/// Pictures of one line or quote.
const PICTURES: usize = 9;

/// `atts=[{attId}]` in their order; each gets the number of its slot.
pub fn pictures(row: &Row) -> Result<Vec<Value>> {
    let list = match row.get("atts") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(list)) if list.len() <= PICTURES => list,
        Some(_) => return Err(wrong("atts", "最多9张图片的列表", "a list of at most 9 pictures")),
    };
    let one = |(at, picture): (usize, &Value)| {
        let id = picture.as_object().and_then(|picture| whole(picture, "attId")).filter(|id| *id > 0);
        let id = id.ok_or_else(|| wrong("atts", "每项须有attId", "each has an `attId`"))?;
        Ok(json!({"attId": id, "type": at + 1}))
    };
    list.iter().enumerate().map(one).collect()
}

/// `3,4,5`, or a list.
pub fn ids(args: &Args, name: &str, most: usize) -> Result<Vec<i64>> {
    let bad = || wrong(name, "应为编号列表", "a list of numbers");
    let sent = args.post.get(name).or_else(|| args.get.get(name));
    let mut ids: Vec<i64> = match sent {
        Some(Value::Array(list)) => list
            .iter()
            .map(|id| id.as_i64().or_else(|| id.as_str()?.trim().parse().ok()).ok_or_else(bad))
            .collect::<Result<_>>()?,
        Some(Value::Number(id)) => vec![id.as_i64().ok_or_else(bad)?],
        _ => {
            let text = args.need_text(name)?;
            text.split(',').map(|id| id.trim().parse().map_err(|_| bad())).collect::<Result<_>>()?
        }
    };
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Err(Error::missing(name));
    }
    if ids.len() > most {
        Err(wrong(name, &format!("最多{most}个"), &format!("at most {most}")))
    } else {
        Ok(ids)
    }
}
