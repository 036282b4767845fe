//! Routing: rules, choice and its explanation, without any I/O
