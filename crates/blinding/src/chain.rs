use countersign_crypto::{Curve, NotAKey, PublicKey, Secret, SecretKey, SharedSecret, sha256};

/// What multiplies a hop's path key, public or secret, into the next one's: `SHA256(E ‖ ss)`.
pub(crate) fn advance(path_key: &PublicKey, shared: &SharedSecret) -> Secret<32> {
    Secret::new(sha256(&[&path_key.serialize(), shared.expose_secret()]))
}

/// The secret path keys of a path, one hop after the other, as only its creator knows them.
///
/// Public path keys are computed when they are needed, which the last one is not.
#[derive(Debug)]
pub(crate) struct Chain {
    secret: SecretKey,
    path_key: Option<PublicKey>,
    /// What is shared with the node at which the chain stands.
    shared: Option<SharedSecret>,
}

impl Chain {
    /// Stands in front of the first hop.
    pub(crate) fn start(session_key: &Secret<32>) -> Result<Self, NotAKey> {
        let secret = SecretKey::parse(session_key)?;
        Ok(Self { secret, path_key: None, shared: None })
    }

    /// The path key of the hop at which the chain stands.
    pub(crate) fn path_key(&mut self, curve: &Curve<'_>) -> PublicKey {
        *self.path_key.get_or_insert_with(|| self.secret.public_key(curve))
    }

    /// The secret key of [`Chain::path_key`].
    pub(crate) fn into_secret(self) -> SecretKey {
        self.secret
    }

    /// Goes on to `node`, and computes what is shared with it.
    pub(crate) fn visit(
        &mut self,
        curve: &Curve<'_>,
        node: &PublicKey,
    ) -> Result<&SharedSecret, NotAKey> {
        if let Some(shared) = self.shared.take() {
            let path_key = self.path_key(curve);
            self.secret = self.secret.times(&advance(&path_key, &shared))?;
            self.path_key = None;
        }
        Ok(self.shared.insert(self.secret.ecdh(node)))
    }
}
