//! Who is signed in on this connection. Signing in and out change the connection, so `xo-api` does them with
//! [`Engine::sign_in`](crate::Engine::sign_in); they stand here to be listed.

use serde_json::Value;

use crate::schema::string;
use crate::{Call, Error, Method, Result};

pub(super) fn methods() -> Vec<Method> {
    vec![
        Method::new("session.getUser", "Returns the signed-in user, or null.")
            .anyone()
            .any_params()
            .untasked()
            .run(get_user),
        Method::new(
            "session.signIn",
            "Signs in with email and password, or with a token.",
        )
        .anyone()
        .any_params()
        .run(on_connection),
        Method::new(
            "session.signInWithPassword",
            "Signs in with a password (old form of session.signIn).",
        )
        .anyone()
        .param("email", string())
        .param("password", string())
        .run(on_connection),
        Method::new(
            "session.signInWithToken",
            "Signs in with a token (old form of session.signIn).",
        )
        .anyone()
        .param("token", string())
        .run(on_connection),
        Method::new(
            "session.signOut",
            "Forgets who is signed in; the connection stays open.",
        )
        .any_params()
        .run(on_connection),
    ]
}

async fn get_user(call: Call) -> Result<Value> {
    match &call.caller.user {
        Some(user) => call.engine.user_json(user).await,
        None => Ok(Value::Null),
    }
}

async fn on_connection(_: Call) -> Result<()> {
    Err(Error::Forbidden {
        operation: "session".into(),
        reason: "signing in and out works on a WebSocket connection; REST takes a token or Basic"
            .into(),
    })
}
