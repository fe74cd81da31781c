//! Parses, runs, prints the error once, and chooses the exit code.

mod address;
mod apply;
mod attack;
mod aws;
mod cli;
mod compile;
mod costs;
mod desired;
mod diagnostic;
mod doctor;
mod documents;
mod exit;
mod explain;
mod graph;
mod isolation;
mod kinds;
mod late;
mod library;
mod manifest;
mod names;
mod observe;
mod plan;
mod quotas;
#[cfg(test)]
mod reference;
mod rights;
mod sandbox;
mod schedule;
mod schema;
mod secret;
mod ui;

use std::process::ExitCode;

fn main() -> ExitCode {
    if cli::complete() {
        return exit::Exit::Done.into();
    }
    let cli = match cli::parse() {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    let ui = ui::Ui::new(cli.global.color, cli.global.talk()).naming(cli.global.flags());
    let ended = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(anyhow::Error::from).and_then(|runtime| {
        let ended = runtime.block_on(cli::run(&cli, &ui));
        // A prompt or a hung socket must not keep the process alive.
        runtime.shutdown_background();
        ended
    });
    match ended {
        Ok(exit) => exit.into(),
        Err(error) => {
            let exit = exit::of(&error);
            ui.error(&error, &exit);
            exit.into()
        }
    }
}
