//! The bare dump that everything is held against: the kernel's own walk and nothing else, both families, no
//! attributes, rows counted and dropped.

use std::io::{Read, Write};

use socket2::{Domain, Protocol, Socket, Type};

const AF_NETLINK: i32 = 16;
const NETLINK_SOCK_DIAG: i32 = 4;

/// How many rows the kernel gives.
pub fn dump() -> usize {
    let mut socket =
        Socket::new(Domain::from(AF_NETLINK), Type::DGRAM, Some(Protocol::from(NETLINK_SOCK_DIAG)))
            .expect("a netlink socket");
    let mut rows = 0;
    let mut buffer = vec![0_u8; 64 * 1024];
    for family in [2_u8, 10] {
        let mut request = vec![0; 72];
        request[..4].copy_from_slice(&72_u32.to_ne_bytes());
        // SOCK_DIAG_BY_FAMILY; NLM_F_REQUEST | NLM_F_DUMP
        request[4..6].copy_from_slice(&20_u16.to_ne_bytes());
        request[6..8].copy_from_slice(&0x301_u16.to_ne_bytes());
        request[16] = family;
        request[17] = 6;
        request[20..24].copy_from_slice(&0xfff_u32.to_ne_bytes());
        socket.write_all(&request).expect("the request goes out");
        'answer: loop {
            let length = socket.read(&mut buffer).expect("an answer");
            let mut rest = &buffer[..length];
            while rest.len() >= 16 {
                let size = u32::from_ne_bytes([rest[0], rest[1], rest[2], rest[3]]) as usize;
                let kind = u16::from_ne_bytes([rest[4], rest[5]]);
                assert_ne!(kind, 2, "the kernel refused");
                if kind == 3 {
                    break 'answer;
                }
                rows += 1;
                rest = &rest[size.next_multiple_of(4).min(rest.len())..];
            }
        }
    }
    rows
}
