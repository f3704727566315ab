//! Sessions: login, logout. A session is a row, so that ending it ends the calls that wait on it.

use super::{Answer, Call, Env, call_of};
use crate::date;
use crate::failure::Failure;
use crate::lab::Inner;
use crate::schema::Method;
use crate::value::{Text, Value};

pub(super) const CALLS: &[Call] = &[
    call_of("session.logout", logout),
    call_of("session.local_logout", logout),
    call_of("session.get_all_subject_identifiers", |_| {
        Ok(Value::set([]))
    }),
    call_of("session.change_password", |_| Ok(Value::Void)),
];

/// Opens a session, for the calls that need none.
///
/// # Errors
/// `SESSION_AUTHENTICATION_FAILED [user, reason]`, `HOST_IS_SLAVE [address]`.
pub(super) async fn login(lab: &Inner, method: &Method, args: &[Value]) -> Result<Text, Failure> {
    let text = |at: usize| args.get(at).map_or("", Value::as_str);
    if let Some(master) = lab.faults.master() {
        return Err(Failure::new("HOST_IS_SLAVE", [master]));
    }
    if text(0) != lab.config.user || text(1) != lab.config.password {
        tokio::time::sleep(lab.config.login_delay).await;
        let reason = "Permission denied";
        return Err(Failure::new(
            "SESSION_AUTHENTICATION_FAILED",
            [text(0), reason],
        ));
    }
    let local = method.name.contains("local");
    Ok(lab.open_session(text(3), !local))
}

impl Inner {
    /// A new session of the lab's user; `pool` tells it from a local one.
    pub fn open_session(&self, originator: &str, pool: bool) -> Text {
        let mut db = self.store.write();
        let host = db
            .all("pool")
            .first()
            .map(|pool| db.reference(pool, "master"));
        let now = Value::Date(date::now());
        db.create(
            "session",
            [
                ("this_host", host.map_or_else(Value::null_ref, Value::from)),
                ("last_active", now.clone()),
                ("validation_time", now),
                ("pool", Value::Bool(pool)),
                ("is_local_superuser", Value::Bool(true)),
                ("auth_user_name", Value::text(&self.config.user)),
                ("originator", Value::text(originator)),
            ],
        )
    }
}

fn logout(env: &mut Env<'_>) -> Answer {
    env.db.destroy(env.session);
    Ok(Value::Void)
}
