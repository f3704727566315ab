//! The routes, in the order in which a request meets them (`xo-protocol.md` section 1).

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::extract::connect_info::IntoMakeServiceWithConnectInfo;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{Extensions, HeaderMap, Uri};
use axum::middleware;
use axum::response::{Redirect, Response};
use axum::routing::{any, get, post};
use xo_engine::Engine;

use crate::backup_host::BackupHost;
use crate::rate::{self, Limits};
use crate::setup_host::SetupHost;
use crate::{client, console, http_metrics, layers, rest, rpc, sign_in, transfers};

/// Numbers about the process, which only the daemon can tell.
pub type Metrics = Arc<dyn Fn() -> String + Send + Sync>;

/// What every handler has at hand.
#[derive(Clone)]
pub struct App {
    /// All operations.
    pub engine: Arc<Engine>,
    /// Cookies are marked `Secure`: the server is reached by TLS.
    pub secure_cookies: bool,
    /// Text to add to `/metrics`.
    pub metrics: Metrics,
    /// What the set-up needs of the daemon.
    pub setup: Arc<dyn SetupHost>,
    /// Backups of the server itself, which the daemon makes.
    pub backups: Arc<dyn BackupHost>,
}

/// The whole site.
pub fn router(app: App) -> Router {
    let limits = Arc::new(Limits::new());
    let site = Router::new()
        .route("/api/", any(json_rpc))
        .route("/api/consoles/{id}", get(console::open))
        .route("/api/{token}", any(transfers::serve))
        .route("/api/{token}/{file}", any(transfers::serve))
        .nest("/rest/v0", rest::router(app.clone(), &limits))
        .route("/rest/v0/", get(rest::root))
        .route("/signin", get(sign_in::page))
        .route("/signin/local", post(sign_in::local))
        .route("/signin-otp", get(sign_in::otp_page).post(sign_in::otp))
        .route("/signout", get(sign_in::sign_out))
        .route("/metrics", get(http_metrics::text))
        .route("/robots.txt", get(async || "User-agent: *\nDisallow: /\n"))
        .route("/", get(client::home))
        .fallback(sign_in::elsewhere)
        .with_state(app.clone());
    // Old addresses of the same things: clients served below /v5/ ask below /v5/.
    let old = Router::new()
        .route("/api/", any(json_rpc))
        .route("/api/consoles/{id}", get(console::open))
        .route("/api/{token}", any(transfers::serve))
        .route("/api/{token}/{file}", any(transfers::serve))
        .nest("/rest/v0", rest::router(app.clone(), &limits))
        .route("/rest/v0/", get(rest::root))
        .with_state(app);
    let guard = middleware::from_fn_with_state(limits, rate::guard);
    layers::apply(site.nest("/v5", old).layer(guard))
}

/// A site that a listener can serve; it learns each client's address.
pub type Site = IntoMakeServiceWithConnectInfo<Router, SocketAddr>;

/// The whole site, to be served.
pub fn site(app: App) -> Site {
    router(app).into_make_service_with_connect_info()
}

/// Sends every request to the same address on TLS; nothing else is answered in the clear.
pub fn redirect_site(https_port: u16) -> Site {
    layers::apply(redirects(https_port)).into_make_service_with_connect_info()
}

fn redirects(https_port: u16) -> Router {
    let redirect = async move |headers: HeaderMap, uri: Uri| {
        let host = headers
            .get("host")
            .and_then(|v| v.to_str().ok())
            .unwrap_or("localhost");
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
            _ => host,
        };
        let path = uri.path_and_query().map_or("/", |p| p.as_str());
        let port = if https_port == 443 {
            String::new()
        } else {
            format!(":{https_port}")
        };
        Redirect::permanent(&format!("https://{name}{port}{path}"))
    };
    Router::new().fallback(redirect)
}

async fn json_rpc(State(app): State<App>, request: Request) -> Response {
    let from = client_address(request.extensions());
    rpc::accept(request, app.engine, from)
}

/// Where a request comes from, when the listener tells. A listener for both families has IPv4 addresses inside of IPv6 ones.
pub(crate) fn client_address(extensions: &Extensions) -> Option<IpAddr> {
    extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map(|info| info.0.ip().to_canonical())
}

/// To a path of this site and nowhere else.
pub(crate) fn see_other(path: &str) -> Redirect {
    let is_local = path.starts_with('/') && !path.starts_with("//") && !path.contains('\\');
    Redirect::to(if is_local { path } else { "/" })
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::{Method, StatusCode};
    use tower::ServiceExt;

    use super::*;

    async fn leads_to(port: u16, method: Method, host: &str, path: &str) -> (StatusCode, String) {
        let request = axum::http::Request::builder()
            .method(method)
            .uri(path)
            .header("host", host);
        let request = request.body(Body::empty()).unwrap();
        let answer = redirects(port).oneshot(request).await.unwrap();
        let place = answer.headers()["location"].to_str().unwrap().to_owned();
        (answer.status(), place)
    }

    #[test]
    fn an_ipv4_client_of_a_listener_for_both_families_is_told_as_such() {
        let mut extensions = Extensions::new();
        let from: SocketAddr = "[::ffff:127.0.0.1]:50000".parse().unwrap();
        extensions.insert(ConnectInfo(from));
        let address = client_address(&extensions).unwrap();
        assert!(address.is_ipv4() && address.is_loopback());
    }

    #[tokio::test]
    async fn plain_requests_are_sent_to_the_same_place_by_tls() {
        for (port, host, expected) in [
            (443, "xoa.lan", "https://xoa.lan/vms?filter=a%20b"),
            (443, "xoa.lan:80", "https://xoa.lan/vms?filter=a%20b"),
            (
                8443,
                "10.0.0.9:8080",
                "https://10.0.0.9:8443/vms?filter=a%20b",
            ),
            (
                8443,
                "[fd00::9]:80",
                "https://[fd00::9]:8443/vms?filter=a%20b",
            ),
            (443, "[fd00::9]", "https://[fd00::9]/vms?filter=a%20b"),
        ] {
            let (status, place) = leads_to(port, Method::GET, host, "/vms?filter=a%20b").await;
            // 308: what was posted is posted again.
            assert_eq!(status, StatusCode::PERMANENT_REDIRECT);
            assert_eq!(place, expected, "{host}");
        }
        let (_, place) = leads_to(443, Method::POST, "xoa.lan", "/rest/v0/session").await;
        assert_eq!(place, "https://xoa.lan/rest/v0/session");
    }
}
