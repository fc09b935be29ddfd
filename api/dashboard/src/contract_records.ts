/* Shapes of the REST answers about many matches, of clients and keys: all from the exported contract.

Belongs here: names for shapes. Does not belong here: one match (`contract`). */

import type { Answer, Asked, Closer } from "./answers";
import type { Team } from "./contract";

export type Career = Answer<"/api/v1/players/{player_id}">;
export type Known = Answer<"/api/v1/players">[number];
export type CareerSplit = Career["total"];
export type Leaderboard = Answer<"/api/v1/leaderboard">;
export type SwingLeaderboard = Answer<"/api/v1/leaderboard/swings">;
export type DefinitionView = Answer<"/api/v1/definitions">[number];
export type TeamView = Answer<"/api/v1/teams">[number];
export type TeamDetail = Closer<Answer<"/api/v1/teams/{team_id}">, { matches: FoundMatch[] }>;
export type WonLost = Answer<"/api/v1/teams/{team_id}">["record"];
export type SideRecord = Answer<"/api/v1/teams/{team_id}">["by_side"][string];
export type FoundMatch = Closer<Answer<"/api/v1/search/matches">["items"][number], { winner_team: Team | null }>;
export type MatchesFound = Closer<Answer<"/api/v1/search/matches">, { items: FoundMatch[] }>;
export type ModelView = Answer<"/api/v1/models">[number];
export type ShadowView = Answer<"/api/v1/models/shadow">[number];
export type Reliability = Answer<"/api/v1/calibration">[number];
export type LiveQuality = Answer<"/api/v1/matches/{match_id}/quality">;
export type QualityView = LiveQuality["maps"][number];
export type LatencyView = Answer<"/api/v1/latency">;
export type SystemView = Answer<"/api/v1/system">;
export type ThroughputView = SystemView["throughput"];
export type LagView = SystemView["lag"][number];
export type DeadLettersView = NonNullable<SystemView["dead_letters"]>;
export type DataQualityView = NonNullable<SystemView["quality"]>;
export type AccountView = Answer<"/api/v1/account">;
export type TicketView = Answer<"/api/v1/tickets", "post">;
export type TenantView = Answer<"/api/v1/tenants/{client_id}">;
export type TenantKey = TenantView["keys"][number];
export type PlanView = Answer<"/api/v1/tenants/plans">[number];
export type UsageView = Answer<"/api/v1/tenants/{client_id}/usage">;
export type AuditPage = Answer<"/api/v1/tenants/audit">;
export type NewTenant = Asked<"/api/v1/tenants">;
export type WebhookView = Answer<"/api/v1/webhooks">[number];
export type NewWebhook = Asked<"/api/v1/webhooks">;
export type EventType = NonNullable<NewWebhook["types"]>[number];
/** With its secret. */
export type WebhookMade = Answer<"/api/v1/webhooks", "post">;
export type Deliveries = Answer<"/api/v1/webhooks/{webhook_id}/deliveries">;
export type Delivery = Deliveries["items"][number];
export type AttemptView = Answer<"/api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/attempts">[number];
export type KeyMade = Answer<"/api/v1/tenants", "post">;
