use countersign_client::{Client, Error, Rate};
use countersign_link::Code;
use countersign_policy::Rule;
use serde_json::json;

use crate::connection::Connection;
use crate::page::Page;

/// Say what a currency is worth, for offers in that currency
///
/// The device takes it for an hour, if the merchant's own rate bears it out. Otherwise it asks, and
/// its button makes this the merchant's own rate.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// One unit of the currency in bitcoin, such as EUR=1050sat or USD=0.00001BTC
    #[arg(value_name = "CURRENCY=WORTH")]
    rate: Rate,
}

pub(crate) fn run(arguments: &Arguments, connection: &mut Connection) -> anyhow::Result<Page> {
    let rate = arguments.rate;
    let taken = connection.wait(async |client| tell(client, rate).await)?;
    let (how, says) = match taken {
        Taken::ForAnHour => ("an hour", "the device goes by it for an hour"),
        Taken::AsOwn => ("own", "it is the merchant's own rate from now on"),
    };
    let currency: String = rate.currency.into_iter().map(char::from).collect();
    let json =
        json!({ "currency": currency, "msat_per_million": rate.msat_per_million, "holds": how });
    Ok(Page::new(json).field("rate", rate).line(says))
}

/// How the device took a rate.
enum Taken {
    ForAnHour,
    /// After a button.
    AsOwn,
}

async fn tell(client: &mut Client, rate: Rate) -> Result<Taken, Error> {
    let Err(error) = client.set_rate(rate).await else { return Ok(Taken::ForAnHour) };
    let is_for_the_merchant = [Rule::Currency, Rule::RateTolerance, Rule::RateAge];
    if !is_for_the_merchant.iter().any(|rule| error.code() == Some(Code::policy(rule.number()))) {
        return Err(error);
    }
    let [first, second, third] = rate.currency;
    let letters = u32::from_be_bytes([0, first, second, third]).into();
    let own = [(Rule::Currency, Some(letters)), (Rule::Rate, Some(rate.msat_per_million))];
    client.propose_rules(&own).await?;
    Ok(Taken::AsOwn)
}
