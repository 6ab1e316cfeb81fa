//! Names of users by their numbers.

use std::collections::HashMap;
use std::sync::Arc;

/// What was looked up so far. The list of users is read again only for a number that is new.
#[derive(Default)]
pub(super) struct Users(HashMap<u32, Arc<str>>);

impl Users {
    /// The user's name; its number where it has none, or where the list cannot be read.
    pub(super) fn name(&mut self, uid: u32) -> Arc<str> {
        if let Some(name) = self.0.get(&uid) {
            return Arc::clone(name);
        }
        let number = uid.to_string();
        // A list that cannot be read leaves the number, which names the user as well.
        let name = sysinfo::Users::new_with_refreshed_list()
            .ok()
            .and_then(|users| {
                users
                    .iter()
                    .find(|user| user.id().to_string() == number)
                    .map(|user| Arc::from(user.name()))
            })
            .unwrap_or_else(|| Arc::from(number));
        self.0.insert(uid, Arc::clone(&name));
        name
    }
}
