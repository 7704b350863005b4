//! What a process loads before it begins: of a run with one probe, that is most of the time. Two libraries that
//! every Rust program with a histogram in it would load are linked into this one instead; together they took a
//! tenth of such a run. The C library stays shared, because names are looked up with the machine's own modules
//! (nsswitch.conf(5)).

// The unwinder, out of GCC's archive (gcc(1), -static-libgcc). The linker drops libgcc_s.so.1 then, which nothing needs any
// more (--as-needed). The archive comes with libgcc_s.so for linking, which Rust needs anyway (Debian: libgcc-*-dev).
#[allow(unsafe_code)]
#[link(name = "gcc_eh", kind = "static", modifiers = "-bundle")]
// SAFETY: nothing is declared.
unsafe extern "C" {}

// This program's own: what the C library's modules ask of libm.so.6 they get from there, errno and all.
#[allow(unsafe_code)]
mod hidden {
    // SAFETY: it says who may see four names, and emits nothing.
    std::arch::global_asm!(
        ".hidden log",
        ".hidden log2",
        ".hidden log10",
        ".hidden pow"
    );
}

/// What hdrhistogram, indicatif and this program ask of libm.so.6, under the names that f64's methods call. Where
/// anything else is asked of it, it is loaded as before.
#[allow(unsafe_code)]
mod math {
    // SAFETY of each: C's own signature (math.h), and hidden from everybody who would look at errno.
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
