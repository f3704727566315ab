//! A VM's screen: `/api/consoles/<VM id>`, frames relayed both ways between the client and the host (`xo-protocol.md` section 3).
//!
//! One buffer per frame; a slow side holds up only the other one.

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures_util::{SinkExt, StreamExt};
use xo_engine::{Console, Credentials};

use crate::App;
use crate::app::client_address;
use crate::problem::Problem;
use crate::sign_in::cookie;
use crate::websocket::{self, Message, Socket};

pub(crate) async fn open(
    State(app): State<App>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let Some(token) = cookie(request.headers(), "token") else {
        return (StatusCode::UNAUTHORIZED, "a `token` cookie is needed\n").into_response();
    };
    let from = client_address(request.extensions());
    let signed_in = app.engine.sign_in(Credentials::Token(token), from).await;
    let console = match signed_in {
        Ok(sign_in) => app.engine.open_console(&sign_in.caller, &id).await,
        Err(error) => Err(error),
    };
    match console {
        Ok((console, viewing)) => websocket::upgrade(request, move |socket| async move {
            tokio::select! {
                () = relay(socket, console) => {}
                () = viewing.must_end() => {}
            }
            viewing.closed().await;
        }),
        Err(error) => Problem::from(error).into_response(),
    }
}

async fn relay(socket: Socket, console: Console) {
    let (mut to_client, mut from_client) = socket.split();
    let (mut output, mut input) = (console.output, console.input);
    let down = async {
        while let Some(Ok(data)) = output.next().await {
            if to_client.send(Message::Binary(data)).await.is_err() {
                break;
            }
        }
        let _ = to_client.close().await;
    };
    let up = async {
        while let Some(Ok(message)) = from_client.next().await {
            let data = match message {
                Message::Binary(data) => data,
                Message::Text(text) => text.into(),
                Message::Close(_) => break,
                _ => continue,
            };
            if input.send(data).await.is_err() {
                break;
            }
        }
    };
    tokio::select! {
        () = down => {}
        () = up => {}
    }
}
