pub struct Signature([u8; 64]);

impl Signature {
    pub fn from_byte_array(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    pub fn to_byte_array(&self) -> [u8; 64] {
        self.0
    }
}
