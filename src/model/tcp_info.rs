//! What the kernel tells of one connection.

/// A connection's measures (Linux: `struct tcp_info`, tcp(7) and linux/tcp.h).
///
/// Times are held as the kernel gives them, since a table holds a hundred thousand of these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TcpInfo {
    /// Milliseconds since data was last sent; since the connection was made where none was.
    pub last_data_sent_ms: u32,
    /// Milliseconds since data last came; a FIN is none.
    pub last_data_received_ms: u32,
    /// Milliseconds since an acknowledgement last came.
    pub last_ack_received_ms: u32,
    /// The smoothed round trip time in microseconds (RFC 6298, SRTT).
    pub rtt_us: u32,
    /// Its variation in microseconds (RFC 6298, RTTVAR).
    pub rtt_variation_us: u32,
    /// The retransmission timeout in microseconds.
    pub rto_us: u32,
    /// The congestion window in segments (RFC 5681).
    pub congestion_window: u32,
    /// The largest segment that is sent, in bytes.
    pub send_mss: u32,
    /// Segments that were sent again since the connection was made.
    pub retransmits: u32,
    /// Bytes sent that the peer has acknowledged.
    pub bytes_acknowledged: u64,
    /// Bytes received in order.
    pub bytes_received: u64,
}
