"""What the figures were measured on, and with."""

import os
import platform
import subprocess
from pathlib import Path


def first_line(*words: str) -> str:
    """The first line that a program says of itself."""
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.stdout.strip().splitlines()[0] if done.stdout.strip() else "unknown"


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() in ("model name", "Model"):
            return value.strip()
    return platform.machine()


def describe(folder: Path, program: str, peers: dict[str, str]) -> list[str]:
    """The machine in a line, and the versions in another."""
    cores = len(os.sched_getaffinity(0))
    kind = first_line("findmnt", "--noheadings", "--output=FSTYPE", f"--target={folder}")
    machine = f"{processor()}, {cores} cores, Linux {platform.release()}, work folder on {kind}"
    tools = [("bash", "--version"), (program, "--version"), ("rustc", "--version"), ("hyperfine", "--version")]
    versions = [first_line(*words) for words in tools]
    versions += [f"{name} {version}" for name, version in peers.items()]
    return [f"Machine: {machine}", f"Versions: {'; '.join(versions)}"]
