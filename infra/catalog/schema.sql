-- Written by `midround schema export` from adapters/catalog/schema.py; do not edit.

CREATE TABLE api_clients (
    client_id VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    "plan" VARCHAR NOT NULL,
    matches JSON,
    created_at DATETIME NOT NULL,
    CONSTRAINT pk_api_clients PRIMARY KEY (client_id),
    UNIQUE (name)
);

CREATE TABLE audit (
    entry_id VARCHAR NOT NULL,
    at DATETIME NOT NULL,
    who VARCHAR NOT NULL,
    act VARCHAR NOT NULL,
    client_id VARCHAR,
    key_id VARCHAR,
    CONSTRAINT pk_audit PRIMARY KEY (entry_id)
);

CREATE TABLE client_usage (
    client_id VARCHAR NOT NULL,
    day DATE NOT NULL,
    requests BIGINT DEFAULT '0' NOT NULL,
    connections BIGINT DEFAULT '0' NOT NULL,
    refused BIGINT DEFAULT '0' NOT NULL,
    events BIGINT DEFAULT '0' NOT NULL,
    CONSTRAINT pk_client_usage PRIMARY KEY (client_id, day)
);

CREATE TABLE maps (
    match_id VARCHAR NOT NULL,
    map_id VARCHAR NOT NULL,
    number INTEGER DEFAULT '1' NOT NULL,
    name VARCHAR,
    rules_id VARCHAR,
    score_a INTEGER DEFAULT '0' NOT NULL,
    score_b INTEGER DEFAULT '0' NOT NULL,
    status VARCHAR DEFAULT 'live' NOT NULL,
    winner_team VARCHAR,
    reason VARCHAR,
    seq BIGINT NOT NULL,
    CONSTRAINT pk_maps PRIMARY KEY (match_id, map_id)
);

CREATE TABLE match_players (
    player_id VARCHAR NOT NULL,
    match_id VARCHAR NOT NULL,
    team VARCHAR,
    seq BIGINT NOT NULL,
    CONSTRAINT pk_match_players PRIMARY KEY (player_id, match_id)
);

CREATE TABLE matches (
    match_id VARCHAR NOT NULL,
    name_a VARCHAR,
    name_b VARCHAR,
    team_a_id VARCHAR,
    team_b_id VARCHAR,
    best_of INTEGER DEFAULT '1' NOT NULL,
    status VARCHAR DEFAULT 'live' NOT NULL,
    maps_a INTEGER DEFAULT '0' NOT NULL,
    maps_b INTEGER DEFAULT '0' NOT NULL,
    winner_team VARCHAR,
    starts_at VARCHAR,
    external_ids JSON,
    announced_maps JSON,
    first_event_at DATETIME NOT NULL,
    last_event_at DATETIME NOT NULL,
    ended_at DATETIME,
    seq BIGINT NOT NULL,
    plays_at DATETIME,
    began_at DATETIME,
    heard_at DATETIME,
    decided_seq BIGINT,
    CONSTRAINT pk_matches PRIMARY KEY (match_id)
);

CREATE TABLE model_versions (
    model_hash VARCHAR NOT NULL,
    model_version VARCHAR NOT NULL,
    feature_schema_hash VARCHAR NOT NULL,
    first_predicted_at DATETIME,
    promoted_at DATETIME,
    promoted_by VARCHAR,
    promoted_why VARCHAR,
    CONSTRAINT pk_model_versions PRIMARY KEY (model_hash)
);

CREATE TABLE rounds (
    match_id VARCHAR NOT NULL,
    map_id VARCHAR NOT NULL,
    round_no INTEGER NOT NULL,
    winner_team VARCHAR NOT NULL,
    winner_side VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    score_a INTEGER NOT NULL,
    score_b INTEGER NOT NULL,
    ended_at DATETIME NOT NULL,
    is_retracted BOOLEAN DEFAULT '0' NOT NULL,
    seq BIGINT NOT NULL,
    CONSTRAINT pk_rounds PRIMARY KEY (match_id, map_id, round_no)
);

CREATE TABLE webhook_attempts (
    number INTEGER NOT NULL,
    delivery_id VARCHAR NOT NULL,
    at DATETIME NOT NULL,
    duration_ms INTEGER,
    http_status INTEGER,
    error VARCHAR,
    CONSTRAINT pk_webhook_attempts PRIMARY KEY (number)
);

CREATE TABLE webhook_cursors (
    topic VARCHAR NOT NULL,
    partition INTEGER NOT NULL,
    origin VARCHAR NOT NULL,
    position BIGINT NOT NULL,
    CONSTRAINT pk_webhook_cursors PRIMARY KEY (topic, partition)
);

CREATE TABLE webhook_results (
    match_id VARCHAR NOT NULL,
    told TEXT NOT NULL,
    changed_at DATETIME NOT NULL,
    CONSTRAINT pk_webhook_results PRIMARY KEY (match_id)
);

CREATE TABLE api_keys (
    key_id VARCHAR NOT NULL,
    client_id VARCHAR NOT NULL,
    secret_hash VARCHAR NOT NULL,
    scopes JSON NOT NULL,
    created_at DATETIME NOT NULL,
    expires_at DATETIME,
    revoked_at DATETIME,
    made_until DATETIME,
    CONSTRAINT pk_api_keys PRIMARY KEY (key_id),
    CONSTRAINT fk_api_keys_client_id FOREIGN KEY(client_id) REFERENCES api_clients (client_id)
);

CREATE TABLE players (
    player_id VARCHAR NOT NULL,
    name VARCHAR,
    is_bot BOOLEAN DEFAULT '0' NOT NULL,
    last_match_id VARCHAR,
    last_seen_at DATETIME NOT NULL,
    named_by VARCHAR,
    CONSTRAINT pk_players PRIMARY KEY (player_id),
    CONSTRAINT fk_players_last_match_id FOREIGN KEY(last_match_id) REFERENCES matches (match_id)
);

CREATE TABLE teams (
    team_id VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    last_match_id VARCHAR,
    last_seen_at DATETIME NOT NULL,
    external_ids JSON,
    named_by VARCHAR,
    CONSTRAINT pk_teams PRIMARY KEY (team_id),
    CONSTRAINT fk_teams_last_match_id FOREIGN KEY(last_match_id) REFERENCES matches (match_id)
);

CREATE TABLE webhooks (
    webhook_id VARCHAR NOT NULL,
    client_id VARCHAR NOT NULL,
    url VARCHAR NOT NULL,
    types JSON NOT NULL,
    created_at DATETIME NOT NULL,
    CONSTRAINT pk_webhooks PRIMARY KEY (webhook_id),
    CONSTRAINT fk_webhooks_client_id FOREIGN KEY(client_id) REFERENCES api_clients (client_id)
);

CREATE TABLE webhook_deliveries (
    number INTEGER NOT NULL,
    delivery_id VARCHAR NOT NULL,
    webhook_id VARCHAR NOT NULL,
    match_id VARCHAR,
    seq BIGINT,
    type VARCHAR NOT NULL,
    body TEXT NOT NULL,
    status VARCHAR NOT NULL,
    attempts INTEGER DEFAULT '0' NOT NULL,
    created_at DATETIME NOT NULL,
    queued_at DATETIME NOT NULL,
    due_at DATETIME NOT NULL,
    attempted_at DATETIME,
    delivered_at DATETIME,
    last_status INTEGER,
    last_error VARCHAR,
    CONSTRAINT pk_webhook_deliveries PRIMARY KEY (number),
    UNIQUE (delivery_id),
    CONSTRAINT fk_webhook_deliveries_webhook_id FOREIGN KEY(webhook_id) REFERENCES webhooks (webhook_id)
);

CREATE TABLE webhook_secrets (
    secret_id VARCHAR NOT NULL,
    webhook_id VARCHAR NOT NULL,
    secret VARCHAR NOT NULL,
    created_at DATETIME NOT NULL,
    until DATETIME,
    CONSTRAINT pk_webhook_secrets PRIMARY KEY (secret_id),
    CONSTRAINT fk_webhook_secrets_webhook_id FOREIGN KEY(webhook_id) REFERENCES webhooks (webhook_id)
);
