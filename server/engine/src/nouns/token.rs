//! Authentication tokens.
//!
//! A token's secret is told once, at its creation; what is listed later carries a public id, which `token.delete*` and `token.set`
//! take as well as the secret. The same user and client get a new token in place of the old one.

use serde_json::{Value, json};
use xo_model::filter::Pattern;
use xo_store::{NewToken, Token};

use crate::schema::{array, object, string, types};
use crate::{Call, Caller, Engine, Error, Method, Result};

const DEFAULT_VALIDITY_MS: i64 = 30 * DAY_MS;
const MAX_VALIDITY_MS: i64 = 183 * DAY_MS;
const MIN_VALIDITY_MS: i64 = 60_000;
const DAY_MS: i64 = 86_400_000;

pub(super) fn methods() -> Vec<Method> {
    let selection = |method: Method| {
        method
            .param("tokens", array(string()).optional())
            .param("pattern", object().optional())
    };
    vec![
        Method::new(
            "token.create",
            "Creates a token for the signed-in user and returns it.",
        )
        .param("description", string().optional())
        .param("client", object().properties([("id", string())]).optional())
        .param("expiresIn", types(&["number", "string"]).optional())
        .run(create),
        Method::new("token.set", "Describes a token.")
            .param("id", string())
            .param(
                "description",
                types(&["null", "string"])
                    .set("minLength", json!(0))
                    .optional(),
            )
            .run(set),
        selection(Method::new(
            "token.deleteOwn",
            "Deletes tokens of the signed-in user.",
        ))
        .run(delete_own),
        selection(Method::new("token.delete", "Deletes tokens of any user.").admin()).run(delete),
        Method::new(
            "user.getAuthenticationTokens",
            "Lists the tokens of the signed-in user.",
        )
        .any_params()
        .untasked()
        .run(list),
    ]
}

async fn create(call: Call) -> Result<String> {
    let issued = call
        .engine
        .create_token(&call.caller, call.params())
        .await?;
    Ok(issued.1)
}

impl Engine {
    /// Makes a token for the caller; returns its record and its secret.
    pub async fn create_token(
        &self,
        caller: &Caller,
        params: &serde_json::Map<String, Value>,
    ) -> Result<(Value, String)> {
        let user_id = caller.user.as_deref().ok_or(Error::NotSignedIn)?.to_owned();
        let validity = match params.get("expiresIn") {
            None | Some(Value::Null) => DEFAULT_VALIDITY_MS,
            Some(value) => value
                .as_f64()
                .map(|ms| ms as i64)
                .or_else(|| value.as_str().and_then(parse_duration_ms))
                .ok_or_else(|| {
                    Error::invalid(
                        "expiresIn",
                        "must be milliseconds, or text such as `1 hour`",
                    )
                })?,
        };
        if !(MIN_VALIDITY_MS..=MAX_VALIDITY_MS).contains(&validity) {
            return Err(Error::invalid(
                "expiresIn",
                "must be between one minute and half a year",
            ));
        }
        let now = self.now_ms();
        let new = NewToken {
            user_id,
            expires_at_ms: now + validity,
            description: params
                .get("description")
                .and_then(Value::as_str)
                .map(str::to_owned),
            client: params.get("client").and_then(Value::as_object).cloned(),
        };
        let issued = self.store.tokens().create(new, now).await?;
        Ok((view(&issued.token), issued.secret.into_exposed()))
    }

    /// Ends the session that a token stands for. One that is gone already is none to end.
    pub async fn revoke_token(&self, secret: &str) -> Result<()> {
        let tokens = self.store.tokens();
        if let Some(token) = tokens.find_by_secret(secret, self.now_ms()).await? {
            tokens.delete(&[token.id], Some(&token.user_id)).await?;
            self.recent.forget_all();
        }
        Ok(())
    }

    /// The caller's tokens.
    pub async fn own_tokens(&self, caller: &Caller) -> Result<Vec<Value>> {
        let user = caller.user.as_deref().ok_or(Error::NotSignedIn)?;
        let tokens = self
            .store
            .tokens()
            .list_of_user(user, self.now_ms())
            .await?;
        Ok(tokens.iter().map(view).collect())
    }
}

async fn list(call: Call) -> Result<Value> {
    Ok(Value::Array(call.engine.own_tokens(&call.caller).await?))
}

async fn set(call: Call) -> Result<()> {
    let tokens = call.engine.store.tokens();
    let token = tokens.fetch(call.str("id")?).await?;
    let is_own = call.caller.user.as_deref() == Some(token.user_id.as_str());
    if !is_own && !call.engine.is_admin(&call.caller) {
        return Err(Error::no_such(call.str("id")?, "token"));
    }
    if call.has("description") {
        let description = call.str_opt("description").filter(|d| !d.is_empty());
        tokens.set_description(&token.id, description).await?;
    }
    Ok(())
}

async fn delete_own(call: Call) -> Result<()> {
    let user = call.caller.user.as_deref().ok_or(Error::NotSignedIn)?;
    let tokens = call.engine.store.tokens();
    let own = tokens.list_of_user(user, call.engine.now_ms()).await?;
    let chosen = choose(&call, &own)?;
    tokens.delete(&chosen, Some(user)).await?;
    call.engine.recent.forget_all();
    Ok(())
}

async fn delete(call: Call) -> Result<()> {
    let tokens = call.engine.store.tokens();
    let all = tokens.list(call.engine.now_ms()).await?;
    let chosen = choose(&call, &all)?;
    tokens.delete(&chosen, None).await?;
    call.engine.recent.forget_all();
    Ok(())
}

fn choose(call: &Call, among: &[Token]) -> Result<Vec<String>> {
    match (call.has("tokens"), call.get("pattern")) {
        (true, None) => Ok(call.strings("tokens")),
        (false, Some(pattern)) => {
            let pattern = Pattern::with_operators(pattern);
            let matching = among
                .iter()
                .filter(|t| pattern.matches_json(&view(t).to_string()));
            Ok(matching.map(|token| token.id.clone()).collect())
        }
        _ => Err(Error::invalid(
            "tokens",
            "or pattern is required, and not both",
        )),
    }
}

fn view(token: &Token) -> Value {
    let mut view = json!({
        "id": token.id,
        "user_id": token.user_id,
        "created_at": token.created_at_ms,
        "expiration": token.expires_at_ms,
    });
    if let Some(members) = view.as_object_mut() {
        if let Some(description) = &token.description {
            members.insert("description".into(), json!(description));
        }
        if let Some(client) = &token.client {
            members.insert("client".into(), json!(client));
        }
        if !token.last_uses.is_empty() {
            let uses: serde_json::Map<String, Value> = token
                .last_uses
                .iter()
                .map(|(address, at)| (address.clone(), json!({ "timestamp": at })))
                .collect();
            members.insert("last_uses".into(), Value::Object(uses));
        }
    }
    view
}

/// `1 hour`, `30d`, `2 weeks`, `90 min`, `5000` (milliseconds).
fn parse_duration_ms(text: &str) -> Option<i64> {
    let text = text.trim().to_lowercase();
    let digits = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: f64 = number.parse().ok()?;
    let unit = unit.trim();
    let ms = match unit {
        "" | "ms" | "millisecond" | "milliseconds" => 1.0,
        "s" | "sec" | "secs" | "second" | "seconds" => 1e3,
        "m" | "min" | "mins" | "minute" | "minutes" => 60e3,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3_600e3,
        "d" | "day" | "days" => 86_400e3,
        "w" | "week" | "weeks" => 7.0 * 86_400e3,
        "month" | "months" => 30.4375 * 86_400e3,
        "y" | "yr" | "yrs" | "year" | "years" => 365.25 * 86_400e3,
        _ => return None,
    };
    let total = number * ms;
    (total.is_finite() && total < 1e15).then_some(total as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (text, ms) in [
            ("1 hour", Some(3_600_000)),
            ("30d", Some(30 * DAY_MS)),
            ("90 min", Some(5_400_000)),
            ("5000", Some(5000)),
            ("1 fortnight", None),
            ("", None),
        ] {
            assert_eq!(parse_duration_ms(text), ms, "{text}");
        }
    }
}
