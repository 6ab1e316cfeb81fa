//! A set of ports.

/// A set of ports, in 8 KiB.
#[derive(Clone, Debug)]
pub struct PortSet(Box<[u64; 1_024]>);

impl Default for PortSet {
    fn default() -> Self {
        Self(Box::new([0; 1_024]))
    }
}

impl PortSet {
    /// Adds a port.
    pub fn insert(&mut self, port: u16) {
        self.0[usize::from(port / 64)] |= 1 << (port % 64);
    }

    /// Whether it has a port.
    pub fn contains(&self, port: u16) -> bool {
        self.0[usize::from(port / 64)] & (1 << (port % 64)) != 0
    }
}

impl FromIterator<u16> for PortSet {
    fn from_iter<I: IntoIterator<Item = u16>>(ports: I) -> Self {
        let mut set = Self::default();
        for port in ports {
            set.insert(port);
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_what_was_put_in() {
        let set: PortSet = [0, 63, 64, 443, u16::MAX].into_iter().collect();
        for port in [0, 63, 64, 443, u16::MAX] {
            assert!(set.contains(port));
        }
        for port in [1, 62, 65, 444, u16::MAX - 1] {
            assert!(!set.contains(port));
        }
    }
}
