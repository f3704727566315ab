//! `deploy`: brings the appliance's XVA onto a pool, without any server in between: XAPI is spoken to directly.
//!
//! Invariant: nothing is sent before the file was read to its end and found whole, and before the pool was found to have the storage and the
//! network that are asked for. A VM that could not be set up is told, not removed: its disk may be wanted.

mod file;
mod pool;
mod settings;
mod sign_in;

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use crate::arguments::{CommonOptions, Deploy};
use crate::error::Error;
use crate::output;
use pool::{Goal, Pool};
use settings::Settings;

/// Runs the command.
pub async fn run(options: &CommonOptions, deploy: Deploy) -> Result<(), Error> {
    let settings = Settings::of(&deploy)?;
    let image = file::verify(&deploy.file).await?;
    let pool = Pool::of(sign_in::session(options, &deploy).await?);
    let outcome = put(&pool, &deploy, &settings, &image).await;
    pool.leave().await;
    let deployed = outcome?;
    if options.json || !output::is_terminal() {
        output::line(
            &json!({
                "vm": deployed.uuid,
                "address": deployed.address,
                "url": deployed.url(),
                "fingerprint": deployed.fingerprint,
            })
            .to_string(),
        )?;
    } else {
        deployed.tell()?;
    }
    match (settings.fixed, deployed.address) {
        (Some(fixed), Some(told)) if fixed != told => Err(Error::Deploy {
            reason: format!("the VM runs, but has the address {told} and not {fixed}"),
            hint: "its screen tells why: the settings were not taken, or another machine has that address",
        }),
        _ => Ok(()),
    }
}

async fn put(
    pool: &Pool,
    deploy: &Deploy,
    settings: &Settings,
    image: &file::Image,
) -> Result<Deployed, Error> {
    let goal = Goal::find(pool, deploy.sr.as_deref(), deploy.network.as_deref(), image).await?;
    let vm = pool.import(&goal, &deploy.file, image).await?;
    let uuid = pool
        .uuid(&vm)
        .await
        .map_err(stays(format!("name-label={}", image.name), ANEW))?;
    let which = || format!("uuid={uuid}");
    pool.prepare(&vm, &goal, deploy.name.as_deref(), settings)
        .await
        .map_err(stays(which(), ANEW))?;
    if deploy.no_start {
        return Ok(Deployed::still(uuid));
    }
    pool.start(&vm).await.map_err(stays(which(), NOT_STARTED))?;
    let wait = Duration::from_secs(deploy.wait);
    let end = Instant::now() + wait;
    output::note("started; waiting for its address");
    let address = pool.address(&vm, settings.fixed, wait);
    let address = address.await.map_err(stays(which(), STARTED))?;
    let fingerprint = sign_in::shown_at(address, end).await;
    Ok(Deployed {
        uuid,
        address: Some(address),
        fingerprint,
    })
}

const ANEW: &str =
    "it does not have all of its settings; remove it (`xe vm-uninstall`) and deploy again";
const NOT_STARTED: &str = "it has its settings and is not started; start it (`xe vm-start`), or remove it (`xe vm-uninstall`)";
const STARTED: &str = "it has its settings and was started; its screen tells its address, `xe vm-uninstall` removes it";

/// Tells which VM stays when a step behind the import fails.
fn stays(vm: String, what_to_do: &'static str) -> impl FnOnce(Error) -> Error {
    move |cause| Error::Imported {
        vm,
        what_to_do,
        cause: Box::new(cause),
    }
}

/// What was made of the file.
struct Deployed {
    uuid: String,
    address: Option<std::net::IpAddr>,
    fingerprint: Option<String>,
}

impl Deployed {
    fn still(uuid: String) -> Self {
        Self {
            uuid,
            address: None,
            fingerprint: None,
        }
    }

    fn url(&self) -> Option<String> {
        let address = self.address?;
        Some(match address {
            std::net::IpAddr::V4(v4) => format!("https://{v4}/"),
            std::net::IpAddr::V6(v6) => format!("https://[{v6}]/"),
        })
    }

    fn tell(&self) -> Result<(), Error> {
        output::line(&format!("VM:           {}", self.uuid))?;
        let Some(url) = self.url() else {
            return output::line("It is not started.");
        };
        output::line(&format!("address:      {url}"))?;
        match &self.fingerprint {
            Some(fingerprint) => output::line(&format!(
                "certificate:  SHA-256 {fingerprint}\n\
                 Compare it with the one on the VM's screen, where the setup code stands too."
            )),
            None => output::line(
                "Its certificate cannot be seen from here yet: compare the one that the browser shows with the VM's screen.",
            ),
        }
    }
}
