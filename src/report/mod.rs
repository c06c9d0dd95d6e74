//! Views of a run or a plan, one file each.
//!
//! In: events, states, plans. Out: text, JSON, XML, HTML. It must never decide anything: views see verdicts only.

mod aside;
mod evidence_json;
mod findings;
mod findings_text;
mod html;
mod junit;
mod live;
mod margin;
mod plan_text;
mod run_json;
mod styles;
mod table;

pub use evidence_json::{EvidenceJson, evidence_json};
pub use findings::{Found, github, sarif};
pub use findings_text::findings_text;
pub use html::{Journal, Report, html_page};
pub use junit::{Replay, run_junit, verify_junit};
pub use live::{LastTime, Live, Screen};
pub use margin::Margin;
pub use plan_text::{PlanJson, plan_json, plan_text, step_text, stream_words};
pub use run_json::{RunJson, run_json};
pub use styles::{Styles, paint};
pub use table::{run_table, simple_table};
