//! What the kernel allows, as it is set now.

use std::ops::RangeInclusive;
use std::path::Path;

use crate::model::Limits;

/// Everything that is limited, as far as it can be read below `proc`.
///
/// Source: `sys/net/ipv4`, `sys/net/core` and `sys/fs` (ip-sysctl.rst in the kernel's documentation, proc(5)). A
/// setting that this kernel does not have is absent.
pub fn read(proc: &Path) -> Limits {
    let file = |name: &str| std::fs::read_to_string(proc.join("sys").join(name)).ok();
    let numbers = |name: &str| file(name).map(|text| numbers(&text)).unwrap_or_default();
    let number = |name: &str| numbers(name).first().copied();
    let files = numbers("fs/file-nr");
    let ephemeral_ports = file("net/ipv4/ip_local_port_range").and_then(|text| range(&text));
    Limits {
        reserved_ports: ephemeral_ports.clone().and_then(|ports| {
            Some(reserved_among(&file("net/ipv4/ip_local_reserved_ports")?, &ports))
        }),
        ephemeral_ports,
        fin_timeout_s: number("net/ipv4/tcp_fin_timeout"),
        tw_reuse: number("net/ipv4/tcp_tw_reuse"),
        tw_recycle: number("net/ipv4/tcp_tw_recycle"),
        timestamps: number("net/ipv4/tcp_timestamps"),
        max_time_wait: number("net/ipv4/tcp_max_tw_buckets"),
        max_orphans: number("net/ipv4/tcp_max_orphans"),
        somaxconn: number("net/core/somaxconn"),
        max_syn_backlog: number("net/ipv4/tcp_max_syn_backlog"),
        memory_pages: numbers("net/ipv4/tcp_mem").get(2).copied(),
        keepalive_time_s: number("net/ipv4/tcp_keepalive_time"),
        files_open: files.first().copied(),
        files_max: files.get(2).copied(),
        files_per_process: number("fs/nr_open"),
    }
}

/// The numbers that one setting consists of, by its name (sysctl(8): `net.ipv4.tcp_retries2`); none where it cannot be read.
pub fn setting(proc: &Path, name: &str) -> Option<Vec<u64>> {
    let file = proc.join("sys").join(name.replace('.', "/"));
    std::fs::read_to_string(file).ok().map(|text| numbers(&text))
}

fn numbers(text: &str) -> Vec<u64> {
    text.split_ascii_whitespace().map_while(|word| word.parse().ok()).collect()
}

/// `32768 60999`.
fn range(text: &str) -> Option<RangeInclusive<u16>> {
    let mut words = text.split_ascii_whitespace().map(|word| word.parse().ok());
    Some(words.next()??..=words.next()??)
}

/// How many of these ports are in a list such as `8080,9148-9150`.
fn reserved_among(list: &str, ports: &RangeInclusive<u16>) -> u64 {
    list.split([',', '\n'])
        .filter_map(|entry| {
            let entry = entry.trim();
            let (first, end) = entry.split_once('-').unwrap_or((entry, entry));
            let begin = first.parse::<u16>().ok()?.max(*ports.start());
            let until = end.parse::<u16>().ok()?.min(*ports.end());
            Some(if begin > until { 0 } else { u64::from(until - begin) + 1 })
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_and_missing_ones_are_absent() -> std::io::Result<()> {
        let proc = tempfile::tempdir()?;
        assert_eq!(read(proc.path()), Limits::default());
        for (name, text) in [
            ("net/ipv4/ip_local_port_range", "32768\t60999\n"),
            ("net/ipv4/ip_local_reserved_ports", "8080,33000-33009,60990-61010\n"),
            ("net/ipv4/tcp_fin_timeout", "60\n"),
            ("net/ipv4/tcp_timestamps", "1\n"),
            ("net/ipv4/tcp_mem", "287898\t383867\t575796\n"),
            ("fs/file-nr", "1681\t0\t2466170\n"),
        ] {
            let path = proc.path().join("sys").join(name);
            std::fs::create_dir_all(path.parent().unwrap_or(&path))?;
            std::fs::write(path, text)?;
        }
        let expected = Limits {
            ephemeral_ports: Some(32_768..=60_999),
            reserved_ports: Some(20),
            fin_timeout_s: Some(60),
            timestamps: Some(1),
            memory_pages: Some(575_796),
            files_open: Some(1_681),
            files_max: Some(2_466_170),
            ..Limits::default()
        };
        assert_eq!(read(proc.path()), expected);
        let one = |name| setting(proc.path(), name);
        assert_eq!(one("net.ipv4.ip_local_port_range"), Some(vec![32_768, 60_999]));
        assert_eq!(one("net.ipv4.tcp_fin_timeout"), Some(vec![60]));
        assert_eq!(one("net.ipv4.tcp_retries2"), None);
        Ok(())
    }

    #[test]
    fn nothing_is_reserved_by_an_empty_list() {
        assert_eq!(reserved_among("\n", &(32_768..=60_999)), 0);
        assert_eq!(reserved_among("1-65535", &(32_768..=60_999)), 28_232);
    }
}
