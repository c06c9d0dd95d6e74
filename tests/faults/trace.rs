//! What `strace` saw of stepgate's own thread: system calls, in order.

/// One system call.
#[derive(Clone, Debug)]
pub struct Call {
    pub name: String,
    /// The file behind the descriptor, or the path that was named.
    pub path: String,
    /// The descriptor, if the call is about one.
    pub descriptor: Option<u32>,
    /// The whole line, with plain quotation marks.
    pub text: String,
    /// What it returned; `None` if the process did not live to see it.
    pub result: Option<i64>,
}

impl Call {
    pub fn failed(&self) -> bool {
        self.result.is_some_and(|result| result < 0)
    }

    pub fn is_sync(&self) -> bool {
        matches!(self.name.as_str(), "fdatasync" | "fsync")
    }

    /// Text for a shell; the standard streams are pipes, too.
    pub fn is_frame(&self) -> bool {
        self.name == "write" && self.path.starts_with("pipe:") && self.descriptor.is_some_and(|fd| fd > 2)
    }

    /// An error that was injected where there is none in the world: calls are counted, and their number differs a little
    /// from run to run.
    pub fn is_missed(&self) -> bool {
        self.failed() && self.text.contains("(INJECTED)") && !self.path.contains("/.stepgate") && !self.is_spawn()
    }

    /// A process, not a thread.
    pub fn is_spawn(&self) -> bool {
        self.name.starts_with("clone") && !self.text.contains("CLONE_THREAD")
    }
}

pub fn parse(trace: &str) -> Vec<Call> {
    trace.lines().filter_map(line).collect()
}

fn line(line: &str) -> Option<Call> {
    let (name, rest) = line.split_once('(')?;
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return None;
    }
    let result = line.rsplit_once(" = ").map_or("", |(_, result)| result);
    let digits: String = result.chars().take_while(|c| c.is_ascii_digit() || *c == '-').collect();
    let descriptor = rest.split(['<', ',', ')']).next().and_then(|word| word.parse().ok());
    let path = match descriptor {
        Some(_) => rest.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(path, _)| path),
        None => rest.split_once('"').and_then(|(_, rest)| rest.split_once('"')).map(|(path, _)| path),
    };
    Some(Call {
        name: name.to_owned(),
        path: path.unwrap_or_default().to_owned(),
        descriptor,
        text: line.replace("\\\"", "\""),
        result: digits.parse().ok(),
    })
}
