//! An event read without a detour. By its own `Deserialize` an event with a `type` is put aside in memory until the type is
//! known; here the type stands first, so the long ones are read straight from the line. The others take the detour.

use super::blocks::LineEvent;
use crate::event::{Event, Instance};
use serde::de::value::{BorrowedStrDeserializer, MapAccessDeserializer};
use serde::de::{DeserializeSeed, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// An event as it stands in a line.
pub struct EventLine(pub Event);

impl From<EventLine> for Event {
    fn from(EventLine(event): EventLine) -> Self {
        event
    }
}

impl LineEvent for Event {
    type Read = EventLine;
}

impl<'de> Deserialize<'de> for EventLine {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Typed).map(Self)
    }
}

struct Typed;

impl<'de> Visitor<'de> for Typed {
    type Value = Event;

    fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("an event")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Event, A::Error> {
        // Borrowed from the line: stepgate writes neither with an escape.
        let (key, kind) = map.next_entry::<&str, &str>()?.ok_or_else(|| A::Error::missing_field("type"))?;
        if key != "type" {
            return Err(A::Error::custom("an event's first key is not `type`"));
        }
        let rest = |map| MapAccessDeserializer::new(map);
        match kind {
            "step-started" => {
                let Started { step, attempt } = Deserialize::deserialize(rest(map))?;
                Ok(Event::StepStarted { step, attempt })
            }
            "step-finished" => Deserialize::deserialize(rest(map)).map(Event::StepFinished),
            "attempt-finished" => Deserialize::deserialize(rest(map)).map(Event::AttemptFinished),
            "run-started" => Deserialize::deserialize(rest(map)).map(Event::RunStarted),
            _ => Event::deserialize(MapAccessDeserializer::new(Again { kind: Some(kind), rest: map, told: false })),
        }
    }
}

/// What stands behind the `type` of a step's intent: half of all lines are one.
#[derive(Deserialize)]
struct Started {
    step: Instance,
    attempt: u32,
}

/// The rest of a map behind its `type`, and the `type` once more before it.
struct Again<'de, A> {
    kind: Option<&'de str>,
    rest: A,
    told: bool,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Again<'de, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        if std::mem::replace(&mut self.told, true) {
            return self.rest.next_key_seed(seed);
        }
        seed.deserialize(BorrowedStrDeserializer::new("type")).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        match self.kind.take() {
            Some(kind) => seed.deserialize(BorrowedStrDeserializer::new(kind)),
            None => self.rest.next_value_seed(seed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::StepFinished;
    use jiff::Timestamp;

    #[test]
    fn an_event_read_from_its_line_is_the_one_that_was_written() {
        let step = Instance::first("a");
        let outcome = StepFinished::nothing_ran(step.clone(), crate::event::Status::Passed, Timestamp::UNIX_EPOCH);
        let events = [
            Event::Closing,
            Event::StepStarted { step, attempt: 3 },
            Event::AttemptFinished(Box::new(outcome.clone())),
            Event::StepFinished(Box::new(outcome)),
            Event::RunFailed { reason: "type".to_owned() },
        ];
        for event in events {
            let text = serde_json::to_string(&event).unwrap();
            assert_eq!(serde_json::from_str::<EventLine>(&text).unwrap().0, event);
        }
        for bad in
            ["{}", "[]", "{\"type\":\"new\"}", "{\"step\":1,\"type\":\"closing\"}", "{\"type\":\"step-finished\"}"]
        {
            assert!(serde_json::from_str::<EventLine>(bad).is_err(), "{bad}");
        }
    }
}
