"""Kafka as bytes: records, connections, topics, producer, tail, pacing, origin. No event is decoded here."""
