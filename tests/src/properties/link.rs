use core::fmt::Debug;

use countersign_link::{
    Body, BodyError, Frame, FrameDecoder, FrameEncoder, Kind, Message, MessageHop, NodeId, Packed,
    PaymentHop, Reply, Request, RuleChange, RuleValue,
};
use serde::de::{DeserializeOwned, Error as _};
use serde::ser::SerializeTuple as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A frame's body is a message, or none, as postcard's own reader says, and so are a list's items;
/// a message has the bytes that postcard's own writer gives it.
pub fn link_message(data: &[u8]) {
    let body = [&[1], data].concat();
    let mut decoder = FrameDecoder::new();
    if let Some(frame) = frame::<Requested<'_>>(&mut decoder, Requested(data)) {
        compare::<Request<'_>>(&frame, &body);
    }
    if let Some(frame) = frame(&mut decoder, Replied(data)) {
        compare::<Reply<'_>>(&frame, &body);
    }
    compare_items::<MessageHop>(data);
    compare_items::<PaymentHop>(data);
    compare_items::<NodeId>(data);
    compare_items::<RuleValue>(data);
    compare_items::<RuleChange>(data);
}

fn wire<'a, T: Body<'a>>(message: &Message<T>) -> Option<Vec<u8>> {
    Some(FrameEncoder::new().encode(0, message).ok()?.to_vec())
}

fn frame<'a, 'd, T: Body<'a>>(decoder: &'d mut FrameDecoder, body: T) -> Option<Frame<'d>> {
    let wire = wire(&Message { id: 1, body })?;
    Some(decoder.next(&mut wire.as_slice()).expect("a whole frame").expect("a right frame"))
}

fn compare<'a, T: Body<'a> + Debug + PartialEq>(frame: &Frame<'a>, body: &'a [u8]) {
    let theirs = match postcard::take_from_bytes(body) {
        Ok((message, [])) => Ok(message),
        Ok(_) => Err(BodyError::TrailingBytes),
        Err(_) => Err(BodyError::Malformed),
    };
    assert_eq!(frame.message::<T>(), theirs);
    if let Ok(message) = theirs {
        let bytes = postcard::to_stdvec(&message).expect("what fitted fits");
        let bytes = bytes.strip_prefix(&[1]).expect("the id");
        let raw = match T::KIND {
            Kind::Request => wire(&Message { id: 1, body: Requested(bytes) }),
            Kind::Reply => wire(&Message { id: 1, body: Replied(bytes) }),
        };
        assert_eq!(wire(&message), raw);
    }
}

fn compare_items<T: DeserializeOwned + Debug + PartialEq>(data: &[u8]) {
    let mut rest = data;
    let theirs: Vec<_> = std::iter::from_fn(|| {
        let (item, after) = postcard::take_from_bytes::<T>(rest).ok()?;
        rest = after;
        Some(item)
    })
    .collect();
    let length = postcard::to_stdvec(&data.len()).expect("a number");
    let list = [&length, data].concat();
    let list: Packed<'_, T> = postcard::from_bytes(&list).expect("bytes are bytes");
    let mut ours = list.iter();
    assert!(ours.by_ref().take(theirs.len()).eq(theirs.into_iter().map(Ok)));
    assert_eq!(ours.next().is_some(), !rest.is_empty());
    assert_eq!(ours.next(), None);
}

/// Any bytes as a body.
macro_rules! raw {
    ($name:ident, $kind:ident) => {
        struct $name<'a>(&'a [u8]);

        impl Serialize for $name<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut tuple = serializer.serialize_tuple(self.0.len())?;
                self.0.iter().try_for_each(|byte| tuple.serialize_element(byte))?;
                tuple.end()
            }
        }

        impl<'a> Deserialize<'a> for $name<'a> {
            fn deserialize<D: Deserializer<'a>>(_: D) -> Result<Self, D::Error> {
                Err(D::Error::custom("only written"))
            }
        }

        impl<'a> Body<'a> for $name<'a> {
            const KIND: Kind = Kind::$kind;
        }
    };
}

raw!(Requested, Request);
raw!(Replied, Reply);
