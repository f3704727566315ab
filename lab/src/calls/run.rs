//! From a request to its answer: faults, session, parameter checks, then the handler, at once or as a task.

use std::sync::Arc;
use std::time::Duration;

use super::{Args, Call, Env, event, generic, session, system};
use crate::db::Db;
use crate::failure::Failure;
use crate::lab::Inner;
use crate::rpc::encode::{Encoder, Format};
use crate::rpc::{Outcome, Request};
use crate::schema::{Access, Kind, Method, Param, Schema, Type};
use crate::value::{NULL_REF, Text, Value};
use crate::{operations, tasks};

/// Progress is told this often during an operation that takes time.
const STEPS: u32 = 10;

/// A call whose session and parameters are in order.
struct Prepared {
    method: &'static Method,
    session: Text,
    args: Vec<Value>,
    delay: Duration,
}

/// Answers a request.
///
/// # Errors
/// The failure that the client is told.
pub async fn call(lab: &Arc<Inner>, request: Request, format: Format) -> Outcome {
    let wait = lab.config.latency + lab.faults.latency();
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
    if let Some(failure) = lab.faults.failure_of(&request.method) {
        return Err(failure);
    }
    if let Some(answer) = system::call(&request) {
        return answer.map(|value| Encoder::encode(format, &value));
    }
    let (name, asynchronous) = match request.method.strip_prefix("Async.") {
        Some(name) => (name, true),
        None => (&*request.method, false),
    };
    let Some(method) = Schema::get().method(name) else {
        return Err(Failure::new("MESSAGE_METHOD_UNKNOWN", [&*request.method]));
    };
    if !method.session {
        let args = convert(method, &request.params, &request.method)?;
        let reference = session::login(lab, method, &args).await?;
        return Ok(Encoder::encode(format, &Value::Str(reference)));
    }
    let prepared = prepare(lab, method, &request, asynchronous)?;
    if asynchronous {
        return start(lab, prepared).map(|task| Encoder::encode(format, &Value::Str(task)));
    }
    match name {
        "event.from" => event::from(lab, &prepared.session, &prepared.args, format).await,
        _ => execute(lab, &prepared, None, format).await,
    }
}

fn mismatch(name: &str, wanted: usize, got: usize) -> Failure {
    let numbers = [wanted.to_string(), got.to_string()];
    Failure::new(
        "MESSAGE_PARAMETER_COUNT_MISMATCH",
        [name].map(str::to_owned).into_iter().chain(numbers),
    )
}

fn prepare(
    lab: &Inner,
    method: &'static Method,
    request: &Request,
    asynchronous: bool,
) -> Result<Prepared, Failure> {
    let Some((session, rest)) = request.params.split_first() else {
        return Err(mismatch(&request.method, method.required() + 1, 0));
    };
    let session = session.as_text().cloned().unwrap_or_else(|| Text::from(""));
    if !lab.store.read().has("session", &session) {
        return Err(Failure::session_invalid(&session));
    }
    let args = convert(method, rest, &request.method)?;
    {
        let db = lab.store.read();
        for (at, (param, value)) in method.params.iter().zip(&args).enumerate() {
            existing(&db, &param.ty, value, at == 0)?;
        }
    }
    let mut delay = lab.faults.delay_of(&request.method);
    let operation = lab.calls.find(&method.name).and_then(|call| call.operation);
    if operation.is_some() || (asynchronous && lab.calls.find(&method.name).is_some()) {
        delay += lab.config.operation_time;
    }
    Ok(Prepared {
        method,
        session,
        args,
        delay,
    })
}

fn convert(method: &Method, params: &[Value], name: &str) -> Result<Vec<Value>, Failure> {
    if params.len() < method.required() || params.len() > method.params.len() {
        return Err(mismatch(name, method.required(), params.len()));
    }
    method
        .params
        .iter()
        .zip(params)
        .map(|(Param { ty, .. }, value)| ty.convert(value.clone()))
        .collect()
}

/// A reference must be one of a row of its class; only the subject of a call may not be null.
fn existing(db: &Db, ty: &Type, value: &Value, subject: bool) -> Result<(), Failure> {
    match ty {
        Type::Ref(class) => {
            let reference = value.as_str();
            let known = (!subject && reference == NULL_REF)
                || db.schema().class(class).is_none()
                || db.has(class, reference);
            if known {
                Ok(())
            } else {
                Err(Failure::handle_invalid(class, reference))
            }
        }
        Type::Set(inner) => value
            .elements()
            .iter()
            .try_for_each(|value| existing(db, inner, value, false)),
        Type::Record(class) => {
            let model = db
                .schema()
                .class(class)
                .and_then(|at| db.schema().classes.get(at));
            value.entries().iter().try_for_each(|(name, value)| {
                let field = model.and_then(|model| model.fields.get(model.field(name)?));
                match field {
                    Some(field) if field.access != Access::ReadOnly => {
                        existing(db, &field.ty, value, false)
                    }
                    _ => Ok(()),
                }
            })
        }
        _ => Ok(()),
    }
}

/// Runs a call to its end.
async fn execute(
    lab: &Arc<Inner>,
    prepared: &Prepared,
    task: Option<&Text>,
    format: Format,
) -> Outcome {
    let method = prepared.method;
    let own = lab.calls.find(&method.name);
    if own.is_none() && generic::reads(&method.kind) && prepared.delay.is_zero() {
        return generic::read(&lab.store.read(), method, Args(&prepared.args), format);
    }
    let subject = prepared.args.first().and_then(Value::as_text).cloned();
    let operation = own.and_then(|call| call.operation).zip(subject);
    let class = method.name.split_once('.').map_or("", |(class, _)| class);
    if let Some((operation, subject)) = &operation {
        operations::check(&lab.store.read(), class, subject, operation)?;
    }
    if !prepared.delay.is_zero() {
        let key = task
            .cloned()
            .unwrap_or_else(|| lab.store.write().ids().reference().into());
        if let Some((operation, subject)) = &operation {
            operations::begin(&mut lab.store.write(), class, subject, operation, &key);
        }
        let waited = progress(lab, prepared.delay, task).await;
        if let Some((_, subject)) = &operation {
            operations::end(&mut lab.store.write(), class, subject, &key);
        }
        waited?;
    }
    if generic::reads(&method.kind) && own.is_none() {
        return generic::read(&lab.store.read(), method, Args(&prepared.args), format);
    }
    let mut db = lab.store.write();
    let mut env = Env {
        db: &mut db,
        lab,
        session: &prepared.session,
        task,
        method: &method.name,
        args: Args(&prepared.args),
    };
    let value = apply(own, method, &mut env, &prepared.args)?;
    Ok(Encoder::encode(format, &value))
}

fn apply(
    own: Option<&'static Call>,
    method: &Method,
    env: &mut Env<'_>,
    args: &[Value],
) -> Result<Value, Failure> {
    // References are looked up again: the world may have changed while the call waited.
    for (at, (param, value)) in method.params.iter().zip(args).enumerate() {
        existing(env.db, &param.ty, value, at == 0)?;
    }
    match (own, &method.kind) {
        (Some(call), _) => {
            if let (Some(operation), Some(subject)) = (call.operation, env.args.reference(0)) {
                let class = method.name.split_once('.').map_or("", |(class, _)| class);
                operations::check(env.db, class, &subject, operation)?;
            }
            (call.run)(env)
        }
        (None, Kind::Own) => Err(Failure::new("NOT_IMPLEMENTED", [method.name.as_str()])),
        (None, Kind::Create) => generic::create(env, method),
        (None, Kind::Destroy) => {
            env.db.destroy(&env.args.text(0));
            Ok(Value::Void)
        }
        (None, _) => generic::write(env, method),
    }
}

/// Lets the time of an operation pass, telling the task how far it is.
async fn progress(lab: &Inner, delay: Duration, task: Option<&Text>) -> Result<(), Failure> {
    for step in 1..=STEPS {
        tokio::time::sleep(delay / STEPS).await;
        if let Some(task) = task {
            tasks::advance(
                &mut lab.store.write(),
                task,
                f64::from(step) / f64::from(STEPS + 1),
            )?;
        }
    }
    Ok(())
}

/// Makes the task of an asynchronous call and lets it run on its own.
fn start(lab: &Arc<Inner>, prepared: Prepared) -> Result<Text, Failure> {
    if !lab.calls.is_asynchronous(&prepared.method.name) {
        let name = format!("Async.{}", prepared.method.name);
        return Err(Failure::new("MESSAGE_METHOD_UNKNOWN", [name]));
    }
    let label = format!("Async.{}", prepared.method.name);
    let task = tasks::create(&mut lab.store.write(), &label, "", tasks::Owner::Pool);
    let lab = Arc::clone(lab);
    let name = Text::clone(&task);
    let tracker = lab.tracker.clone();
    tracker.spawn(async move {
        let outcome = execute(&lab, &prepared, Some(&name), Format::Xml).await;
        let result = outcome.map(|xml| String::from_utf8(xml).unwrap_or_default());
        tasks::finish(&mut lab.store.write(), &name, result);
    });
    Ok(task)
}
