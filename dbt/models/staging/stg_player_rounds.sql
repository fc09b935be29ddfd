with lines as (
    select s.match_id, s.map_id, s.round_no, line.key as player_id, json_transform(line.value, '{{ tojson({
        'kills.all': 'DOUBLE',
        'kills.enemy': 'DOUBLE',
        'headshots': 'DOUBLE',
        'deaths': 'DOUBLE',
        'assists': 'DOUBLE',
        'assists.flash': 'DOUBLE',
        'damage': 'DOUBLE',
        'damage.utility': 'DOUBLE',
        'openings.won': 'DOUBLE',
        'openings.lost': 'DOUBLE',
        'trades.kills': 'DOUBLE',
        'trades.deaths': 'DOUBLE',
        'survived': 'DOUBLE',
        'kast': 'DOUBLE',
        'kast.won': 'DOUBLE',
        'clutch.opponents': 'DOUBLE',
        'clutch.won': 'DOUBLE',
    }) }}') as told
    from {{ ref('stg_round_stats') }} as s, json_each(s.told, '$.lines') as line
)

select
    match_id,
    map_id,
    round_no,
    player_id,
    told."kills.all"::integer as kills_all,
    told."kills.enemy"::integer as kills_enemy,
    told."headshots"::integer as headshots,
    told."deaths"::integer as deaths,
    told."assists"::integer as assists,
    told."assists.flash"::integer as assists_flash,
    told."damage"::integer as damage,
    told."damage.utility"::integer as damage_utility,
    told."openings.won"::integer as openings_won,
    told."openings.lost"::integer as openings_lost,
    told."trades.kills"::integer as trades_kills,
    told."trades.deaths"::integer as trades_deaths,
    told."survived"::integer as survived,
    told."kast"::integer as kast,
    told."kast.won"::integer as kast_won,
    told."clutch.opponents"::integer as clutch_opponents,
    told."clutch.won"::integer as clutch_won
from lines
