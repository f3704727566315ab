//! A toy RFB server, protocol 3.8 (and 3.3, 3.7 for old viewers), without security: enough for a viewer to show a moving
//! picture and to see its keys arrive.
//!
//! Bounded: a message is at most [`TEXT_MAX`] bytes, one update is made at a time, and at most ten a second.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::picture::{HEIGHT, Picture, WIDTH};

/// The longest text that a viewer may paste.
const TEXT_MAX: u64 = 1 << 20;
/// The time between two frames of a viewer that asks for what changed.
const FRAME: Duration = Duration::from_millis(100);

/// How a viewer wants its pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct PixelFormat {
    bits: u8,
    depth: u8,
    big_endian: bool,
    true_colour: bool,
    max: [u16; 3],
    shift: [u8; 3],
}

impl PixelFormat {
    /// 32 bits, little-endian, red in the third byte.
    const NATIVE: Self = Self {
        bits: 32,
        depth: 24,
        big_endian: false,
        true_colour: true,
        max: [255; 3],
        shift: [16, 8, 0],
    };

    fn read(bytes: [u8; 16]) -> io::Result<Self> {
        let [
            bits,
            depth,
            big_endian,
            true_colour,
            r1,
            r0,
            g1,
            g0,
            b1,
            b0,
            rs,
            gs,
            bs,
            ..,
        ] = bytes;
        let format = Self {
            bits,
            depth,
            big_endian: big_endian != 0,
            true_colour: true_colour != 0,
            max: [[r1, r0], [g1, g0], [b1, b0]].map(u16::from_be_bytes),
            shift: [rs, gs, bs],
        };
        let sane = matches!(bits, 8 | 16 | 32) && format.shift.iter().all(|shift| *shift < bits);
        if sane && format.true_colour {
            return Ok(format);
        }
        Err(invalid("only true colour of 8, 16 or 32 bits is served"))
    }

    fn write(self) -> [u8; 16] {
        let [r, g, b] = self.max.map(u16::to_be_bytes);
        let [rs, gs, bs] = self.shift;
        [
            self.bits,
            self.depth,
            u8::from(self.big_endian),
            u8::from(self.true_colour),
            r[0],
            r[1],
            g[0],
            g[1],
            b[0],
            b[1],
            rs,
            gs,
            bs,
            0,
            0,
            0,
        ]
    }

    /// Appends a colour of 8 bits a channel.
    fn put(self, out: &mut Vec<u8>, colour: [u8; 3]) {
        let channels = colour.into_iter().zip(self.max).zip(self.shift);
        let value = channels.fold(0_u32, |value, ((channel, max), shift)| {
            value | (u32::from(channel) * u32::from(max) / 255) << shift
        });
        let bytes = value.to_be_bytes();
        let wanted = bytes.iter().skip(4 - usize::from(self.bits / 8));
        if self.big_endian {
            out.extend(wanted);
        } else {
            out.extend(wanted.rev());
        }
    }
}

/// Serves one viewer until it leaves.
///
/// # Errors
/// When the connection breaks or the viewer sends what is no RFB.
pub(super) async fn serve<S>(mut channel: S, name: &str) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    greet(&mut channel, name).await?;
    let mut picture = Picture::new(name);
    let mut format = PixelFormat::NATIVE;
    let mut last = None;
    loop {
        let kind = match channel.read_u8().await {
            Ok(kind) => kind,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) => return Err(error),
        };
        match kind {
            // SetPixelFormat
            0 => {
                let [_, _, _, rest @ ..] = read::<19>(&mut channel).await?;
                format = PixelFormat::read(rest)?;
            }
            // SetEncodings: raw is always allowed.
            2 => {
                let [_, high, low] = read::<3>(&mut channel).await?;
                let count = u16::from_be_bytes([high, low]);
                skip(&mut channel, u64::from(count) * 4).await?;
            }
            // FramebufferUpdateRequest
            3 => {
                let [incremental, x1, x0, y1, y0, w1, w0, h1, h0] = read::<9>(&mut channel).await?;
                if let Some(last) = last.filter(|_| incremental != 0) {
                    tokio::time::sleep_until(last + FRAME).await;
                }
                last = Some(tokio::time::Instant::now());
                let [x, y, w, h] = [[x1, x0], [y1, y0], [w1, w0], [h1, h0]].map(u16::from_be_bytes);
                picture.advance();
                channel
                    .write_all(&update(&picture, format, (x, y), (w, h)))
                    .await?;
                channel.flush().await?;
            }
            // KeyEvent
            4 => {
                let [down, _, _, key @ ..] = read::<7>(&mut channel).await?;
                if down != 0 {
                    picture.type_key(u32::from_be_bytes(key));
                }
            }
            // PointerEvent
            5 => {
                let [_, x1, x0, y1, y0] = read::<5>(&mut channel).await?;
                picture.point(u16::from_be_bytes([x1, x0]), u16::from_be_bytes([y1, y0]));
            }
            // ClientCutText
            6 => {
                let [_, _, _, length @ ..] = read::<7>(&mut channel).await?;
                skip(&mut channel, u64::from(u32::from_be_bytes(length))).await?;
            }
            other => return Err(invalid(&format!("unknown message {other}"))),
        }
    }
}

async fn greet<S>(channel: &mut S, name: &str) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    channel.write_all(b"RFB 003.008\n").await?;
    channel.flush().await?;
    let version = read::<12>(channel).await?;
    match &version {
        b"RFB 003.003\n" => channel.write_u32(1).await?,
        b"RFB 003.007\n" | b"RFB 003.008\n" => {
            channel.write_all(&[1, 1]).await?;
            channel.flush().await?;
            let chosen = channel.read_u8().await?;
            let old = &version == b"RFB 003.007\n";
            if chosen != 1 {
                if !old {
                    let reason = b"Only security type None is offered";
                    channel.write_u32(1).await?;
                    channel.write_u32(reason.len() as u32).await?;
                    channel.write_all(reason).await?;
                    channel.flush().await?;
                }
                return Err(invalid("the viewer wants security that is not offered"));
            }
            if !old {
                channel.write_u32(0).await?;
            }
        }
        _ => return Err(invalid("the viewer speaks no RFB 3")),
    }
    channel.flush().await?;
    // ClientInit: every viewer shares.
    channel.read_u8().await?;
    let mut init = Vec::new();
    init.extend_from_slice(&WIDTH.to_be_bytes());
    init.extend_from_slice(&HEIGHT.to_be_bytes());
    init.extend_from_slice(&PixelFormat::NATIVE.write());
    init.extend_from_slice(&(name.len() as u32).to_be_bytes());
    init.extend_from_slice(name.as_bytes());
    channel.write_all(&init).await?;
    channel.flush().await
}

/// A FramebufferUpdate of one raw rectangle: the part of the request that is on the screen.
fn update(picture: &Picture, format: PixelFormat, from: (u16, u16), size: (u16, u16)) -> Vec<u8> {
    let (left, top) = (from.0.min(WIDTH), from.1.min(HEIGHT));
    let (width, height) = (size.0.min(WIDTH - left), size.1.min(HEIGHT - top));
    let mut out = vec![0, 0, 0, 1];
    for number in [left, top, width, height] {
        out.extend_from_slice(&number.to_be_bytes());
    }
    // Encoding 0: raw.
    out.extend_from_slice(&[0; 4]);
    out.reserve(usize::from(width) * usize::from(height) * usize::from(format.bits / 8));
    for y in top..top + height {
        for x in left..left + width {
            format.put(&mut out, picture.at(x, y));
        }
    }
    out
}

async fn read<const N: usize>(channel: &mut (impl AsyncRead + Unpin)) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    channel.read_exact(&mut bytes).await?;
    Ok(bytes)
}

async fn skip(channel: &mut (impl AsyncRead + Unpin), count: u64) -> io::Result<()> {
    if count > TEXT_MAX {
        return Err(invalid("a message is too long"));
    }
    let mut rest = channel.take(count);
    tokio::io::copy(&mut rest, &mut tokio::io::sink()).await?;
    Ok(())
}

fn invalid(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_put_as_the_viewer_wants_it() {
        let put = |format: PixelFormat| {
            let mut out = Vec::new();
            format.put(&mut out, [255, 128, 0]);
            out
        };
        assert_eq!(put(PixelFormat::NATIVE), [0, 128, 255, 0]);
        let big = PixelFormat {
            big_endian: true,
            ..PixelFormat::NATIVE
        };
        assert_eq!(put(big), [0, 255, 128, 0]);
        let mut bytes = [16, 16, 0, 1, 0, 31, 0, 63, 0, 31, 11, 5, 0, 0, 0, 0];
        let format = PixelFormat::read(bytes).unwrap();
        assert_eq!(put(format), (31 << 11 | 31_u16 << 5).to_le_bytes());
        assert_eq!(
            PixelFormat::read(PixelFormat::NATIVE.write()).unwrap(),
            PixelFormat::NATIVE
        );
        bytes[3] = 0;
        assert!(PixelFormat::read(bytes).is_err(), "colour maps are refused");
        bytes[3] = 1;
        bytes[0] = 24;
        assert!(PixelFormat::read(bytes).is_err());
    }

    #[test]
    fn an_update_never_leaves_the_screen() {
        let picture = Picture::new("vm");
        let whole = update(&picture, PixelFormat::NATIVE, (0, 0), (u16::MAX, u16::MAX));
        assert_eq!(
            whole.len(),
            16 + usize::from(WIDTH) * usize::from(HEIGHT) * 4
        );
        let corner = update(
            &picture,
            PixelFormat::NATIVE,
            (WIDTH - 1, HEIGHT - 1),
            (9, 9),
        );
        assert_eq!(corner.len(), 16 + 4);
        let outside = update(&picture, PixelFormat::NATIVE, (u16::MAX, u16::MAX), (9, 9));
        assert_eq!(outside.len(), 16);
    }

    /// A viewer that says this and leaves; what it is told goes nowhere.
    async fn viewer(said: &[u8]) -> io::Result<()> {
        let (mut near, far) = tokio::io::duplex(1 << 16);
        let served = tokio::spawn(async move { serve(far, "vm").await });
        near.write_all(said).await?;
        near.shutdown().await?;
        tokio::io::copy(&mut near, &mut tokio::io::sink()).await?;
        served.await.unwrap()
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
        #[test]
        fn whatever_a_viewer_says_the_server_ends_with_it(said in proptest::collection::vec(0..8_u8, 0..200)) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            let mut all = b"RFB 003.008\n\x01\x01".to_vec();
            all.extend(said);
            let ended = runtime.block_on(async {
                tokio::time::timeout(Duration::from_secs(20), viewer(&all)).await
            });
            assert!(ended.is_ok(), "it should end");
        }
    }

    #[tokio::test]
    async fn old_viewers_are_served_and_strangers_are_not() {
        // Version 3.3: no choice of security, then ClientInit.
        viewer(b"RFB 003.003\n\x01").await.unwrap();
        viewer(b"RFB 003.007\n\x01\x01").await.unwrap();
        for stranger in [
            &b"GET / HTTP/1.1\r\n\r\n"[..],
            b"RFB 003.008\n\x02",
            b"RFB 003.008\n\x01\x01\x09",
        ] {
            assert_eq!(
                viewer(stranger).await.unwrap_err().kind(),
                io::ErrorKind::InvalidData
            );
        }
        let mut paste = b"RFB 003.008\n\x01\x01\x06\0\0\0".to_vec();
        paste.extend_from_slice(&u32::MAX.to_be_bytes());
        assert_eq!(
            viewer(&paste).await.unwrap_err().kind(),
            io::ErrorKind::InvalidData
        );
    }
}
