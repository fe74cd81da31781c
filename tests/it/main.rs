//! The tool as a user runs it: one binary for all of it, since linking the SDK takes its time.
#![expect(clippy::disallowed_methods, reason = "tests read and write files of their own")]

#[cfg(test)]
mod adoption;
#[cfg(test)]
mod attack;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod budget;
#[cfg(test)]
mod commands;
#[cfg(test)]
mod contract;
#[cfg(test)]
mod costs;
#[cfg(test)]
mod doctor;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod events;
#[cfg(test)]
mod exit_codes;
#[cfg(test)]
mod hints;
#[cfg(test)]
mod packaging;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod pipelines;
#[cfg(test)]
mod python;
#[cfg(test)]
mod readme;
#[cfg(test)]
mod saved_plan;
#[cfg(test)]
mod scenarios;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod served;
#[cfg(test)]
mod shells;
#[cfg(test)]
mod strict;
#[cfg(test)]
mod templates;
#[cfg(test)]
mod tenant;
#[cfg(test)]
mod verify;
#[cfg(test)]
mod widths;
#[cfg(test)]
mod wire;
