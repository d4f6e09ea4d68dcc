//! Frames under faults: what was sent arrives or is refused, never something else.

use proptest::collection::vec;
use proptest::prelude::*;
use shortcrust_protocol::frame::{Collector, FrameError, LONGEST, PIECE, VERSION, decode, encode};
use shortcrust_protocol::{Refusal, Request, Response};

fn frame(number: u16, message: &impl serde::Serialize) -> Vec<u8> {
    encode(number, message, &mut [0; LONGEST])
        .expect("it fits")
        .to_vec()
}

fn collect(collector: &mut Collector, bytes: &[u8]) -> Vec<Result<Vec<u8>, FrameError>> {
    let push = |&byte| {
        collector
            .push(byte)
            .map(|frame| frame.map(|frame| frame.to_vec()))
    };
    bytes.iter().filter_map(push).collect()
}

#[test]
fn the_longest_piece_fits() {
    let bytes = [0xa5; PIECE];
    let request = Request::Input {
        offset: u32::MAX,
        bytes: &bytes,
    };
    let mut sent = frame(u16::MAX, &request);
    assert!(sent.len() <= LONGEST);
    let end = sent.pop();
    assert_eq!(end, Some(0));
    assert!(!sent.contains(&0));
    assert_eq!(decode(&mut sent), Ok((u16::MAX, request)));
    let response = Response::Output {
        offset: u32::MAX,
        bytes: &bytes,
    };
    let mut sent = frame(u16::MAX, &response);
    sent.pop();
    assert_eq!(decode(&mut sent), Ok((u16::MAX, response)));
}

#[test]
fn a_message_that_is_too_long_is_refused() {
    let request = Request::Input {
        offset: 0,
        bytes: &[1; 2 * PIECE],
    };
    assert_eq!(
        encode(1, &request, &mut [0; LONGEST]),
        Err(FrameError::TooLong)
    );
}

#[test]
fn another_version_is_named() {
    let mut sent = frame(7, &Request::Run);
    sent.pop();
    let length = cobs::decode_in_place(&mut sent).unwrap();
    let mut contents = sent[..length - 4].to_vec();
    assert_eq!(contents[0], VERSION);
    contents[0] = VERSION + 1;
    contents.extend(
        crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC)
            .checksum(&contents)
            .to_le_bytes(),
    );
    let mut other = [0; LONGEST];
    let length = cobs::encode(&contents, &mut other);
    let theirs = VERSION + 1;
    assert_eq!(
        decode::<Request>(&mut other[..length]),
        Err(FrameError::Version { theirs })
    );
}

#[test]
fn a_response_is_no_request() {
    let mut sent = frame(3, &Response::Refused(Refusal::Outside { bytes: 300 }));
    sent.pop();
    assert_eq!(decode::<Request>(&mut sent), Err(FrameError::Foreign));
}

#[test]
fn an_endless_frame_is_reported_once_and_forgotten() {
    let mut collector = Collector::new();
    assert_eq!(collect(&mut collector, &[7; 3 * LONGEST]), []);
    assert_eq!(collect(&mut collector, &[0]), [Err(FrameError::TooLong)]);
    let sent = frame(9, &Request::Describe);
    let mut frames = collect(&mut collector, &sent);
    let received = frames[0].as_mut().unwrap();
    assert_eq!(decode(received), Ok((9, Request::Describe)));
}

proptest! {
    #[test]
    fn noise_is_never_a_message(noise in vec(any::<u8>(), 0..400)) {
        for frame in collect(&mut Collector::new(), &noise).iter_mut().flatten() {
            prop_assert!(decode::<Request>(frame).is_err());
        }
    }

    #[test]
    fn a_change_of_up_to_four_bits_side_by_side_is_noticed(
        number in any::<u16>(), offset in any::<u32>(), bytes in vec(any::<u8>(), 0..PIECE), place in any::<prop::sample::Index>(),
        bits in 1u8..16,
    ) {
        let request = Request::Input { offset, bytes: &bytes };
        let mut sent = frame(number, &request);
        let place = place.index(sent.len() - 1);
        sent[place] ^= bits << 2;
        for received in collect(&mut Collector::new(), &sent).iter_mut().flatten() {
            prop_assert!(decode::<Request>(received).is_err());
        }
    }

    #[test]
    fn lost_bytes_cost_only_their_frame(
        bytes in vec(any::<u8>(), 1..PIECE), from in any::<prop::sample::Index>(), count in 1usize..20,
    ) {
        let mut line = frame(1, &Request::Input { offset: 0, bytes: &bytes });
        let from = from.index(line.len() - 1);
        let end = (from + count).min(line.len() - 1);
        line.drain(from..end);
        line.extend(frame(2, &Request::Run));
        let mut frames = collect(&mut Collector::new(), &line);
        let mut last = frames.pop().unwrap().unwrap();
        prop_assert_eq!(decode(&mut last), Ok((2, Request::Run)));
        for frame in frames.iter_mut().flatten() {
            prop_assert!(decode::<Request>(frame).is_err());
        }
    }
}
