//! The syntax that the list of observations is written in.

macro_rules! observations {
    ($($(#[doc = $doc:literal])+ $kind:ident = $name:literal {
        $($value:ident = $value_name:literal $letter:ident: $sentence:literal,)+
    })+) => {
        /// What can be observed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Kind {
            $($(#[doc = $doc])+ $kind,)+
        }

        impl Kind {
            /// Every kind, in the order of the list.
            pub const ALL: &[Self] = &[$(Self::$kind,)+];
        }

        $(
            $(#[doc = $doc])+
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            #[allow(clippy::doc_markdown, reason = "sentences have placeholders")]
            pub enum $kind {
                $(#[doc = $sentence] $value,)+
            }

            impl Observation for $kind {
                const KIND: Kind = Kind::$kind;

                fn value(self) -> Value {
                    Value::new(Kind::$kind, self as u8)
                }

                fn from_index(index: u8) -> Option<Self> {
                    [$(Self::$value,)+].get(usize::from(index)).copied()
                }
            }
        )+

        $($(const _: () = crate::verdict::template::check($sentence);)+)+

        /// Names, letters and sentences, by kind.
        const INFO: &[KindInfo] = &[$(KindInfo {
            name: $name,
            values: &[$(ValueInfo { name: $value_name, letter: $letter, sentence: $sentence },)+],
        },)+];
    };
}

pub(super) use observations;
