with teams as (select unnest(['A', 'B']) as team),

players as (
    select
        match_id, map_id, round_no, team,
        sum(kills_enemy) as kills,
        sum(deaths) as deaths,
        sum(damage) as damage,
        sum(openings_won) as openings_won,
        sum(openings_lost) as openings_lost,
        sum(trades_kills) as trades_kills,
        count(*) filter (clutch_opponents > 0) as clutches,
        coalesce(sum(clutch_won) filter (clutch_opponents > 0), 0) as clutches_won
    from {{ ref('int_player_rounds') }}
    group by match_id, map_id, round_no, team
),

plants as (
    select distinct match_id, map_id, round_no
    from {{ ref('stg_bomb') }}
    where status = 'planted'
)

select
    r.match_id,
    r.map_id,
    r.round_no,
    t.team,
    case when t.team = 'A' then r.team_a else r.team_b end as team_name,
    case when t.team = 'A' then r.team_b else r.team_a end as opponent_name,
    {{ side_of('t.team', 'r.a_side') }} as side,
    r.is_pistol,
    case when t.team = 'A' then r.economy_a else r.economy_b end as economy,
    r.winner_team = t.team as is_won,
    plants.round_no is not null as is_planted,
    coalesce(p.kills, 0)::integer as kills,
    coalesce(p.deaths, 0)::integer as deaths,
    coalesce(p.damage, 0)::integer as damage,
    coalesce(p.openings_won, 0)::integer as openings_won,
    coalesce(p.openings_lost, 0)::integer as openings_lost,
    coalesce(p.trades_kills, 0)::integer as trades_kills,
    coalesce(p.clutches, 0)::integer as clutches,
    coalesce(p.clutches_won, 0)::integer as clutches_won
from {{ ref('int_rounds') }} as r
cross join teams as t
left join players as p
    on r.match_id = p.match_id and r.map_id = p.map_id and r.round_no = p.round_no and t.team = p.team
left join plants
    on r.match_id = plants.match_id and r.map_id = plants.map_id and r.round_no = plants.round_no
