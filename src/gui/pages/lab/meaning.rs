//! What an error means on the bench: by its name, and by the call where two calls give one name for different reasons.

use crate::lab::{self, plain_errno};
use crate::text;
use crate::text::Text;

/// The call without its arguments.
pub(super) fn name_of(call: &str) -> &str {
    call.split('(').next().unwrap_or_default()
}

/// What it means that this call gave this; none where the errno has no sentence of its own.
pub(super) fn meaning(call: &str, errno: &str) -> Option<Text> {
    match (name_of(call), plain_errno(errno)) {
        ("bind", "EADDRNOTAVAIL") => Some(text!("lab_seen.means.no_such_address")),
        ("connect", "EADDRNOTAVAIL") => Some(text!("lab_seen.means.no_free_connection")),
        ("bind", "EAFNOSUPPORT") => Some(text!("lab_seen.means.other_family")),
        _ => lab::meaning(errno),
    }
}

/// What one can try after it; none where there is nothing to try.
pub(super) fn remedy(call: &str, errno: &str) -> Option<Text> {
    match (name_of(call), plain_errno(errno)) {
        ("bind", "EADDRNOTAVAIL" | "EAFNOSUPPORT") => Some(text!("lab_seen.try.own_address")),
        ("connect", "EADDRNOTAVAIL") => Some(text!("lab_seen.try.other_port")),
        _ => lab::remedy(errno),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_errno_means_what_its_call_means_by_it() {
        let said = |call| meaning(call, "EADDRNOTAVAIL").map(|text| text.plain());
        let (bind, connect) = (said("bind(8.8.8.8:0)"), said("connect(127.0.0.1:80)"));
        assert!(bind.is_some() && connect.is_some() && bind != connect, "{bind:?} {connect:?}");
        assert_eq!(meaning("send(1)", "EPIPE"), lab::meaning("EPIPE"));
        assert_eq!(
            remedy("bind(8.8.8.8:0)", "WSAEADDRNOTAVAIL"),
            remedy("bind([::1]:0)", "EAFNOSUPPORT")
        );
    }
}
