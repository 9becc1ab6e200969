//! What a customer's request is to a device.

use countersign_crypto::Curve;
use countersign_link::{
    Bytes, Chunk, Destination, ErrorForm, MessageHop, NextHop, OfferRequest, OnionRequest, Padding,
    PairRequest, Part, Reply, Request,
};
use countersign_tests::payer::{self, InFlight, Wish};
use countersign_tests::scene::coffee;
use countersign_tests::shop::{LIST, Said, list};

use crate::{Host, PowerCut};

/// The end of an onion message, from which on the core works.
pub const END: Request<'static> =
    Request::Onion(OnionRequest::End { invoice_error: ErrorForm::Specification });

impl Host {
    /// Pins a recipient, makes an offer and returns a customer's request for it, as it arrives.
    ///
    /// # Errors
    ///
    /// [`PowerCut`].
    ///
    /// # Panics
    ///
    /// When the device refuses any of that.
    pub fn open_for(&mut self, curve: &Curve<'_>) -> Result<InFlight, PowerCut> {
        let [relay, payer] = [payer::relay(), payer::payer()].map(|key| key.public_key(curve));
        let node = Bytes(payer.serialize());
        let pin = PairRequest::Recipient { node, receive_auth_key: None };
        assert_eq!(self.say(&Request::Pair(pin))?.reply(), Reply::Done);
        let offer = payer::records(&self.offer_over(relay.serialize())?);
        let request = payer::request(curve, &offer, &Wish::default());
        let reply_path = payer::reply_path(curve, &[relay, payer], 0);
        let sent = payer::send(curve, &offer, &request, &reply_path);
        Ok(payer::pass(curve, &payer::relay(), &sent))
    }

    /// Makes an offer with a path over `relay`, and returns its text.
    fn offer_over(&mut self, relay: [u8; 33]) -> Result<String, PowerCut> {
        let id = self.id();
        self.tell(id, &Request::Offer(OfferRequest::Create(coffee())));
        let node = Bytes(relay);
        let hop = MessageHop { node, named: Destination::Node(node), next: NextHop::NodeId };
        let mut buffer = [0; LIST];
        let hops = list(&[hop], &mut buffer);
        self.tell(id, &Request::Offer(OfferRequest::Path { hops, padding: Padding::None }));
        self.tell(id, &Request::Offer(OfferRequest::End));
        let said = self.answer()?;
        let Reply::Created { length, .. } = said.reply() else { panic!("{said:?}") };
        self.tell(id, &Request::Pull { part: Part::Text, offset: 0, length });
        let said = self.answer()?;
        let Reply::Chunk(chunk) = said.reply() else { panic!("{said:?}") };
        Ok(String::from_utf8(chunk.data.to_vec()).expect("an offer is text"))
    }

    /// Hands `message` over and returns the reply to its end. An invoice is counted before the host
    /// is asked for payment paths.
    ///
    /// # Errors
    ///
    /// [`PowerCut`].
    ///
    /// # Panics
    ///
    /// When the device does not take it.
    pub fn hand_over(&mut self, message: &InFlight) -> Result<Said, PowerCut> {
        let id = self.id();
        self.bring(id, message)?;
        self.tell(id, &END);
        self.answer()
    }

    /// Hands all of `message` over but its end, under `id`.
    ///
    /// # Errors
    ///
    /// [`PowerCut`].
    ///
    /// # Panics
    ///
    /// When the device does not take it.
    pub fn bring(&mut self, id: u32, message: &InFlight) -> Result<(), PowerCut> {
        let length = u16::try_from(message.packet.len()).unwrap();
        let path_key = Bytes(message.path_key);
        self.tell(id, &Request::Onion(OnionRequest::Begin { path_key, length }));
        let credits = self.answer()?;
        assert!(matches!(credits.reply(), Reply::Credits { .. }), "{credits:?}");
        let mut offset = 0;
        for data in message.packet.chunks(600) {
            self.tell(id, &Request::Onion(OnionRequest::Chunk(Chunk { offset, data })));
            offset += u32::try_from(data.len()).unwrap();
        }
        self.turn()
    }

    /// Cancels the request that waits for payment paths.
    ///
    /// # Errors
    ///
    /// [`PowerCut`].
    ///
    /// # Panics
    ///
    /// When nothing is answered.
    pub fn give_up(&mut self) -> Result<(), PowerCut> {
        let said = self.say(&Request::Status)?;
        let Reply::Status(status) = said.reply() else { panic!("{said:?}") };
        let request = status.working_on.expect("a request waits");
        let id = self.id();
        self.tell(id, &Request::Cancel { request });
        // The end of the request, then of its cancellation.
        self.answer()?;
        while self.heard().is_some() {}
        Ok(())
    }
}
