//! The documentation is true: every block of code in it falls under a rule and is checked or run, every link leads
//! somewhere, and the reference page is what the command line says.

mod blocks;
mod command_lines;
mod data;
mod examples;
mod links;
mod pages;
mod reference;
mod scenes;
mod stage;
mod transcripts;
