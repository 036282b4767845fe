//! Wire numbers with names.

/// Declares a number of the wire as a struct with named values, so that values without a name survive
/// a round trip. `Display` shows the name, or the number in hexadecimal.
macro_rules! named_number {
    (
        $(#[$doc:meta])*
        pub struct $type:ident($number:ty, $format:literal);
        $($value:literal $name:ident $text:literal $meaning:literal;)*
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(pub $number);

        impl $type {
            $(#[doc = $meaning] pub const $name: Self = Self($value);)*

            /// The name in the standard, or `None` for a reserved or private value.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some($text),)*
                    _ => None,
                }
            }

            /// The value with this name in the standard.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                match name {
                    $($text => Some(Self($value)),)*
                    _ => None,
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self.name() {
                    Some(name) => f.pad(name),
                    None => write!(f, $format, self.0),
                }
            }
        }

        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }
    };
}

pub(crate) use named_number;
