//! What the words in an employee's `perms` amount to: bits, and what roles leave of the rights that come with them.

use super::kind::{bits_of, words_of};
use jindou::plugin::*;
use jindou::registry::Registry;
use std::sync::Arc;

pub struct Standing {
    pub bits: Mask,
    /// None: no role narrows the rights.
    pub narrowing: Option<Arc<Narrowing>>,
}

/// Roles with a matrix stand in the place of `emp` and `mgr`: an account that has one may do what its roles say, within the
/// rights of their base. Roles of different bases have the lower one. A word that names neither a permission nor a role is
/// a role that is gone: nothing is known of what it had kept from the account, so it allows nothing and is of the lower base.
pub fn of_perms(tx: &mut Tx<'_>, perms: &str) -> Result<Standing> {
    let registry = tx.registry();
    let bits = bits_of(registry, perms);
    let words: Vec<&str> = words_of(perms).filter(|word| !is_base(registry, word)).collect();
    let mut roles = match registry.roles() {
        Some(source) if !words.is_empty() => (source.find)(tx, &words)?,
        _ => return Ok(Standing { bits, narrowing: None }),
    };
    let is_role = |word: &str| roles.iter().any(|role| role.name == word);
    let missing = words.iter().any(|word| !is_role(word) && !registry.is_permission(word));
    roles.retain(|role| role.matrix.is_some());
    if roles.is_empty() && !missing {
        return Ok(Standing { bits, narrowing: None });
    }
    let of_managers = !missing && roles.iter().all(|role| role.base == Role::Mgr);
    let base = if of_managers { Role::Mgr } else { Role::Emp };
    let bits = bits & !(EMP | MGR) | base.bits();
    let matrices: Vec<&str> = roles.iter().filter_map(|role| role.matrix.as_deref()).collect();
    Ok(Standing { bits, narrowing: Some(registry.narrowing(base, bits, &matrices)) })
}

/// `emp` and `mgr`, in the place of which roles stand.
fn is_base(registry: &Registry, word: &str) -> bool {
    registry.perms().any(|perm| perm.word == word && perm.bits & !(EMP | MGR) == 0)
}

/// What an account with these words may do and the caller may not. Callers whom no role narrows have all that their bits
/// stand for.
pub fn beyond(tx: &Tx<'_>, standing: &Standing) -> Option<String> {
    let caller = tx.caller();
    if caller.narrowing.is_none() || standing.bits == 0 {
        return None;
    }
    let other = Caller {
        bits: standing.bits,
        narrowing: standing.narrowing.clone(),
        ..Caller::of_role(Role::Emp, 0)
    };
    tx.registry().beyond(&caller, &other)
}
