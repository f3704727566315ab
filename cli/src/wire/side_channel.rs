//! One-shot addresses that a method returns, through which a file goes (protocol reference, section 2,
//! "Side channels").

use serde_json::Value;

/// The path of a side channel, relative to the server.
#[derive(Debug, PartialEq)]
pub enum SideChannel {
    /// Read from it.
    Download(String),
    /// Send to it.
    Upload(String),
}

/// The side channel that a result stands for: an object whose only key is `$getFrom` or `$sendTo`.
pub fn of(result: &Value) -> Option<SideChannel> {
    let members = result.as_object().filter(|members| members.len() == 1)?;
    let (name, path) = members.iter().next()?;
    let path = path.as_str()?.to_owned();
    match name.as_str() {
        "$getFrom" => Some(SideChannel::Download(path)),
        "$sendTo" => Some(SideChannel::Upload(path)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_an_object_with_that_single_key_is_a_side_channel() {
        let path = || "/api/x".to_owned();
        assert_eq!(
            of(&json!({"$getFrom": "/api/x"})),
            Some(SideChannel::Download(path()))
        );
        assert_eq!(
            of(&json!({"$sendTo": "/api/x"})),
            Some(SideChannel::Upload(path()))
        );
        for other in [
            json!({"$getFrom": "/a", "b": 1}),
            json!({"$getFrom": 1}),
            json!("$getFrom"),
        ] {
            assert_eq!(of(&other), None);
        }
    }
}
