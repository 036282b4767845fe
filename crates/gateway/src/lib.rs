//! Estafet, the SMS gateway: links, intake, dispatch, configuration and the program
