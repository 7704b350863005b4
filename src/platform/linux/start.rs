//! What a process loads before it begins: of a run with one probe, that is most of the time. Two libraries that
//! every Rust program with a histogram in it would load are linked into this one instead; together they took a
//! seventh of such a run. The C library stays shared, because names are looked up with the machine's own modules
//! (nsswitch.conf(5)).

// The unwinder, out of the compiler's archive in place of libgcc_s.so.1 (gcc(1), -static-libgcc). The linker drops a
// shared library that nothing needs any more (--as-needed); one that does not find all here takes it as before.
#[allow(unsafe_code)]
#[link(name = "gcc_eh", kind = "static", modifiers = "-bundle")]
// SAFETY: nothing is declared.
unsafe extern "C" {}

/// What hdrhistogram, indicatif and a report's scale ask of libm.so.6, under the names that f64's methods call.
/// Whatever is missing here is taken from there.
#[allow(unsafe_code)]
mod math {
    // SAFETY of each: C's own function (math.h), with its arguments and its meaning.
    #[unsafe(no_mangle)]
    extern "C" fn log2(x: f64) -> f64 {
        libm::log2(x)
    }

    #[unsafe(no_mangle)]
    extern "C" fn log(x: f64) -> f64 {
        libm::log(x)
    }

    #[unsafe(no_mangle)]
    extern "C" fn log10(x: f64) -> f64 {
        libm::log10(x)
    }

    #[unsafe(no_mangle)]
    extern "C" fn pow(x: f64, y: f64) -> f64 {
        libm::pow(x, y)
    }
}
