//! How many requests are answered: per client address for those who do not say who they are or say it wrongly, and per user for
//! those who do. Both are far above what people and scripts need, and keep a flood from taking the server away from the others.
//!
//! Loopback addresses are not counted: behind a reverse proxy they are everybody.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::app::client_address;
use crate::problem::Problem;
use crate::sign_in::cookie;

/// Requests per second of an address, and how many at once.
const STRANGERS: (u32, u32) = (50, 1000);
/// The same of a user.
const USERS: (u32, u32) = (20_000, 40_000);
/// Who was not heard of for a while is forgotten after so many requests.
const TIDY_EVERY: u32 = 10_000;

/// What was asked lately.
pub(crate) struct Limits {
    strangers: DefaultKeyedRateLimiter<IpAddr>,
    users: DefaultKeyedRateLimiter<Arc<str>>,
    count: AtomicU32,
}

impl Limits {
    pub(crate) fn new() -> Self {
        Self {
            strangers: RateLimiter::keyed(quota(STRANGERS)),
            users: RateLimiter::keyed(quota(USERS)),
            count: AtomicU32::new(0),
        }
    }

    /// Counts a request of a user from an address.
    pub(crate) fn user(&self, user: &Arc<str>, from: Option<IpAddr>) -> Result<(), Problem> {
        if from.and_then(counted).is_none() {
            return Ok(());
        }
        self.tidy();
        self.users
            .check_key(user)
            .map_err(|until| too_many(until.wait_time_from(DefaultClock::default().now())))
    }

    fn stranger(&self, from: IpAddr) -> Result<(), Problem> {
        self.tidy();
        self.strangers
            .check_key(&from)
            .map_err(|until| too_many(until.wait_time_from(DefaultClock::default().now())))
    }

    fn tidy(&self) {
        if self.count.fetch_add(1, Ordering::Relaxed) % TIDY_EVERY == TIDY_EVERY - 1 {
            self.strangers.retain_recent();
            self.users.retain_recent();
        }
    }
}

fn quota((per_second, at_once): (u32, u32)) -> Quota {
    let number = |n| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
    Quota::per_second(number(per_second)).allow_burst(number(at_once))
}

fn too_many(retry_after: Duration) -> Problem {
    Problem::TooMany { retry_after }
}

/// Refuses strangers who ask too often.
pub(crate) async fn guard(
    State(limits): State<Arc<Limits>>,
    request: Request,
    next: Next,
) -> Response {
    let Some(from) = client_address(request.extensions()).and_then(counted) else {
        return next.run(request).await;
    };
    let names_itself = has_credentials(request.headers());
    if !names_itself && let Err(problem) = limits.stranger(from) {
        return problem.into_response();
    }
    let response = next.run(request).await;
    // Its credentials were no better than none.
    if names_itself
        && response.status() == StatusCode::UNAUTHORIZED
        && let Err(problem) = limits.stranger(from)
    {
        return problem.into_response();
    }
    response
}

fn has_credentials(headers: &HeaderMap) -> bool {
    headers.contains_key(header::AUTHORIZATION)
        || ["authenticationToken", "token"]
            .iter()
            .any(|name| cookie(headers, name).is_some())
}

/// The address that a request counts for: a network of 64 bits is one client. `None` for loopback.
fn counted(address: IpAddr) -> Option<IpAddr> {
    match address.to_canonical() {
        address if address.is_loopback() => None,
        IpAddr::V6(address) => {
            let network = u128::from(address) >> 64 << 64;
            Some(Ipv6Addr::from(network).into())
        }
        address => Some(address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_counts_as_one_and_loopback_not_at_all() {
        let of = |text: &str| counted(text.parse().unwrap()).map(|a| a.to_string());
        assert_eq!(of("127.0.0.1"), None);
        assert_eq!(of("::1"), None);
        assert_eq!(of("::ffff:127.0.0.1"), None);
        assert_eq!(of("192.0.2.7").as_deref(), Some("192.0.2.7"));
        assert_eq!(
            of("2001:db8:1:2:3:4:5:6").as_deref(),
            Some("2001:db8:1:2::")
        );
    }

    #[test]
    fn a_user_has_room_for_more_than_anybody_asks_and_not_for_everything() {
        let limits = Limits::new();
        let (ann, bob) = (Arc::from("ann"), Arc::from("bob"));
        let far = Some(IpAddr::from([192, 0, 2, 1]));
        let here = Some(IpAddr::from([127, 0, 0, 1]));
        assert!((0..USERS.1 * 3).all(|_| limits.user(&ann, here).is_ok()));
        let refused = (0..USERS.1 * 3).any(|_| limits.user(&ann, far).is_err());
        assert!(refused);
        assert!(limits.user(&bob, far).is_ok());
    }
}
