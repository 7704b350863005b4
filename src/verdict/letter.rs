//! How likely a cause shows an observation, and how often a cause is met: in steps, as judgement has no decimals.

/// How likely a cause shows a value. The figures are those of a naive Bayes classifier; a percentage is never printed,
/// because the letters are judgement and no measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Letter {
    /// Never: 0.0003.
    N,
    /// Rarely: 0.02.
    R,
    /// Sometimes: 0.2.
    S,
    /// Usually: 0.7.
    U,
    /// Always: 0.97.
    A,
}

/// How often people meet a cause, before anything was probed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prior {
    /// 1.
    Common,
    /// 0.3.
    Uncommon,
    /// 0.1.
    Rare,
    /// 0.02.
    Exotic,
}

impl Letter {
    /// Logarithm of the likelihood to the base 10.
    pub fn log10(self) -> f64 {
        match self {
            Self::A => -0.013_228_265_733_755_155,
            Self::U => -0.154_901_959_985_743_17,
            Self::S => -0.698_970_004_336_018_7,
            Self::R => -1.698_970_004_336_018_7,
            Self::N => -3.522_878_745_280_337_4,
        }
    }

    /// The likelihood.
    pub fn likelihood(self) -> f64 {
        match self {
            Self::A => 0.97,
            Self::U => 0.7,
            Self::S => 0.2,
            Self::R => 0.02,
            Self::N => 0.0003,
        }
    }
}

impl Prior {
    /// Logarithm of the weight to the base 10.
    pub fn log10(self) -> f64 {
        match self {
            Self::Common => 0.0,
            Self::Uncommon => -0.522_878_745_280_337_6,
            Self::Rare => -1.0,
            Self::Exotic => -1.698_970_004_336_018_7,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_are_those_of_the_likelihoods() {
        for letter in [Letter::A, Letter::U, Letter::S, Letter::R, Letter::N] {
            let error = letter.log10() - letter.likelihood().log10();
            assert!(error.abs() < 1e-9, "{letter:?}");
        }
        let weights = [
            (Prior::Common, 1.0_f64),
            (Prior::Uncommon, 0.3),
            (Prior::Rare, 0.1),
            (Prior::Exotic, 0.02),
        ];
        for (prior, weight) in weights {
            assert!((prior.log10() - weight.log10()).abs() < 1e-9, "{prior:?}");
        }
    }
}
