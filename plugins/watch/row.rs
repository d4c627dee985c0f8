//! Small readings of rows and parameters.

use jindou::plugin::*;

pub type Row = Map<String, Value>;

pub fn int(row: &Row, name: &str) -> i64 {
    row.get(name).and_then(Value::as_i64).unwrap_or_default()
}

pub fn text<'r>(row: &'r Row, name: &str) -> &'r str {
    row.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A text without blanks around it; None when nothing is left.
pub fn given(tx: &Tx<'_>, args: &Args, name: &str) -> Result<Option<String>> {
    let sent = args.text(tx.env(), name)?.map(|text| text.trim().to_owned());
    Ok(sent.filter(|text| !text.is_empty()))
}

pub fn need_int(tx: &Tx<'_>, args: &Args, name: &str) -> Result<i64> {
    args.int(tx.env(), name)?.ok_or_else(|| Error::missing(name))
}

/// A number within bounds, or code 1 naming the parameter.
pub fn within(name: &str, value: f64, most: f64) -> Result<f64> {
    match value.is_finite() && value.abs() <= most {
        true => Ok(value),
        false => Err(Error::param(format!("param `{name}` is -{most} to {most}"))),
    }
}

/// A moment of the parameters as the database holds it, milliseconds and all: clients send back what they got.
pub fn moment(env: &Env, args: &Args, name: &str) -> Result<Option<String>> {
    // The typed lookup refuses what is no moment.
    let Some(unix) = args.get(env, &format!("{name}/tm"))?.and_then(|value| value.as_i64()) else {
        return Ok(None);
    };
    let whole = jindou::time::format(env.zone.from_unix(unix));
    let sent = args.text(env, name)?.unwrap_or_default();
    let fraction = sent.rsplit_once('.').map(|(_, digits)| digits).filter(|digits| {
        sent.contains(':') && digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit())
    });
    Ok(Some(fraction.map_or(whole.clone(), |fraction| format!("{whole}.{fraction}"))))
}

/// Rows of `tm` between two parameters, either of which may be absent.
pub fn period(env: &Env, args: &Args) -> Result<Option<Cond>> {
    let bound = |name, op| -> Result<Option<Cond>> {
        let at = moment(env, args, name)?;
        Ok(at.map(|at| Cond::compare("tm", op, Literal::Text(at))))
    };
    Ok(match (bound("tm1", Compare::Ge)?, bound("tm2", Compare::Le)?) {
        (Some(from), Some(to)) => Some(from.and(to)),
        (from, to) => from.or(to),
    })
}

/// A table of the protocol from rows.
pub fn table(names: &[&str], rows: Vec<Vec<Value>>) -> Answer {
    json!({"h": names, "d": rows}).into()
}
