//! The `stepgate` program: see [`stepgate::cli`].

fn main() -> stepgate::cli::Exit {
    stepgate::cli::main()
}
