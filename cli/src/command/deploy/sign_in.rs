//! Whom to believe, and the session with the pool.

use std::io::{BufRead, IsTerminal};
use std::net::IpAddr;
use std::time::Duration;

use console::Term;
use tokio::time::Instant;
use xapi::{Address, Credentials, Fingerprint, Limits, Proxy, Session, Target, Trust, TrustMode};

use crate::arguments::{CommonOptions, Deploy};
use crate::error::Error;
use crate::output;
use crate::wire::address::Address as ServerAddress;
use crate::wire::http;
use crate::wire::target::{policy, trust};

/// Between two looks at the appliance, which may still be starting when its address is known.
const PAUSE: Duration = Duration::from_secs(2);

/// Looks at the host's certificate, has it accepted if need be, and signs in on the pool's master.
pub async fn session(options: &CommonOptions, deploy: &Deploy) -> Result<Session, Error> {
    let address: Address = deploy.host.parse().map_err(|e| usage(&e))?;
    let proxy: Option<Proxy> = deploy
        .http_proxy
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(|e| usage(&e))?;
    let mode = match (&deploy.fingerprint, options.allow_unauthorized) {
        (Some(text), _) => TrustMode::Pinned(vec![fingerprint(text)?]),
        (None, true) => TrustMode::FirstUse,
        (None, false) => look(&address, proxy.as_ref()).await?,
    };
    let trust = Trust::new(&mode).map_err(|e| Error::Connect {
        server: address.authority(),
        reason: e.to_string(),
    })?;
    let credentials = Credentials {
        username: deploy.user.clone(),
        password: password(deploy, &address)?,
    };
    let target = Target {
        address,
        credentials,
        trust,
        proxy,
        read_only: false,
        limits: Limits::default(),
    };
    let session = Session::login(&target).await?;
    let master = session.address();
    if master != target.address {
        output::note(&format!(
            "{} is a member; going on with the master, {master}",
            target.address
        ));
    }
    Ok(session)
}

/// A certificate that nobody vouches for is shown, and accepted by a person or not at all.
async fn look(address: &Address, proxy: Option<&Proxy>) -> Result<TrustMode, Error> {
    let sight = xapi::probe(address, proxy).await?;
    let shown = match sight.fingerprint {
        Some(shown) if !sight.vouched => shown,
        _ => return Ok(TrustMode::Authorities),
    };
    let unknown = || Error::Deploy {
        reason: format!("no authority vouches for the certificate of {address}, SHA-256 {shown}"),
        hint: "compare it with the host's (xsconsole, Status Display), then give it with --fingerprint",
    };
    let terminal = Term::stderr();
    if !std::io::stdin().is_terminal() || !terminal.is_term() {
        return Err(unknown());
    }
    output::note(&format!(
        "no authority vouches for the certificate of {address}. Its SHA-256 fingerprint is\n{shown}"
    ));
    terminal.write_str("Is it the host's? [y/N] ")?;
    let answer = terminal.read_line()?;
    if matches!(answer.trim(), "y" | "Y" | "yes") {
        Ok(TrustMode::Pinned(vec![shown]))
    } else {
        Err(unknown())
    }
}

/// Never on the command line, where others of this machine could see it.
fn password(deploy: &Deploy, address: &Address) -> Result<String, Error> {
    if deploy.password_stdin {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line)?;
        return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    let terminal = Term::stderr();
    if !std::io::stdin().is_terminal() || !terminal.is_term() {
        return Err(Error::usage(
            "the password of the pool's account is missing and there is no terminal to ask on",
            "give --password-stdin and send it to the standard input",
        ));
    }
    terminal.write_str(&format!("Password of {} on {address}: ", deploy.user))?;
    Ok(terminal.read_secure_line()?)
}

/// The fingerprint that the appliance shows at its address; `None` when it cannot be reached from here.
pub async fn shown_at(address: IpAddr, end: Instant) -> Option<String> {
    let host = match address {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => format!("[{v6}]"),
    };
    let (address, _) = ServerAddress::parse(&format!("https://{host}")).ok()?;
    let trust = trust(&address, policy(true)).ok()?;
    let client = http::client(&address, &trust).ok()?;
    loop {
        let request = client.get(address.rest("ping")).timeout(PAUSE);
        let answered = http::send(request, &address, &trust).await.is_ok();
        if answered || Instant::now() >= end {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    trust.presented().map(|presented| presented.fingerprint)
}

fn fingerprint(text: &str) -> Result<Fingerprint, Error> {
    text.parse()
        .map_err(|reason: &str| Error::usage(format!("--fingerprint: {reason}"), ""))
}

fn usage(error: &xapi::Error) -> Error {
    Error::usage(error.to_string(), "")
}
