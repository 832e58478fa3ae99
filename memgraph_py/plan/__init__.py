"""The language in the middle: what to do, as operators over expressions. Knows neither syntax nor storage."""
