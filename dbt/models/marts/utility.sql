-- In decided rounds.
with blinds as (
    select
        match_id,
        map_id,
        flasher_id as player_id,
        count(*) filter (is_enemy) as enemies_blinded,
        sum(duration_s) filter (is_enemy) as enemies_blinded_s,
        count(*) filter (not is_enemy) as others_blinded,
        sum(duration_s) filter (not is_enemy) as others_blinded_s
    from {{ ref('stg_blinds') }}
    semi join {{ ref('int_rounds') }} using (match_id, map_id, round_no)
    where flasher_id is not null
    group by match_id, map_id, flasher_id
)

select
    s.match_id,
    s.map_id,
    s.player_id,
    s.map_name,
    s.is_final,
    s.rounds,
    s.damage_utility,
    {{ share('s.damage_utility', 's.rounds') }} as damage_per_round,
    coalesce(b.enemies_blinded, 0)::integer as enemies_blinded,
    coalesce({{ rounded('b.enemies_blinded_s', 6) }}, 0) as enemies_blinded_s,
    coalesce(b.others_blinded, 0)::integer as others_blinded,
    coalesce({{ rounded('b.others_blinded_s', 6) }}, 0) as others_blinded_s,
    s.assists_flash,
    {{ share('coalesce(b.enemies_blinded_s, 0)', 's.rounds') }} as blinded_s_per_round
from {{ ref('player_map_stats') }} as s
left join blinds as b on s.match_id = b.match_id and s.map_id = b.map_id and s.player_id = b.player_id
