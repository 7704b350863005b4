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
        self.likelihood().log10()
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
        let weight: f64 = match self {
            Self::Common => 1.0,
            Self::Uncommon => 0.3,
            Self::Rare => 0.1,
            Self::Exotic => 0.02,
        };
        weight.log10()
    }
}
