//! Whether a call may be made: by the rights of its caller, and by what browsers do in a visitor's name without asking.

use super::identify::CallContext;
use super::parse::Parsed;
use super::route::reads;
use crate::authorize::{self, Granted};
use crate::error::{Error, Result};
use crate::server::Server;

/// Asks for the right to a call. What the caller may not do never takes a connection.
pub fn authorize<'a>(server: &'a Server, parsed: &Parsed, context: &'a CallContext) -> Result<Granted<'a>> {
    let granted = authorize::authorize(&server.env.registry, &context.caller, &parsed.action)?;
    let guest = context.session.is_none() && context.caller.is_guest();
    if let Some(why) = &parsed.cross_site
        && (!guest || parsed.action.object.is_none())
        && (!reads(&granted) || matches!(granted, Granted::Action(action) if action.own_site))
    {
        return Err(foreign(why));
    }
    if parsed.view.jsonp.is_some() && !guest {
        return Err(Error::forbidden("_jsonp is for guests only")
            .say("登录后不可使用JSONP", "JSONP is not for logged-in callers"));
    }
    Ok(granted)
}

/// The refusal of a page of another site that would change something.
pub fn foreign(why: &str) -> Error {
    Error::forbidden(why).say("拒绝跨站请求", "cross-site request refused")
}
