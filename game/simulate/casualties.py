"""Damage and deaths of any cause, and their consequences: assists, rewards, a decided round.

Belongs here: harm and its consequences, the bomb's explosion. Does not belong here: fights (`game.simulate.combat`),
grenades (`game.simulate.utility`).
"""

from game import events as e
from game import payloads as p
from game.simulate import bomb
from game.simulate.bearing import fall, place
from game.simulate.economy import earn
from game.simulate.fighter import Fighter
from game.simulate.play import Play

ASSIST_DAMAGE = 30
HITGROUPS = ("chest", "stomach", "left_arm", "right_arm", "left_leg", "right_leg")
BLAST_UNITS = 900.0
BLAST_DAMAGE = 260


def harm(
    play: Play, attacker: Fighter | None, victim: Fighter, *, amount: int, weapon: str, is_head: bool = False
) -> None:
    """Damage, capped at what the victim has left, and the death that may follow."""
    taken = min(amount, victim.health)
    worn = min(victim.armor, taken // 3) if weapon != "inferno" else 0
    victim.health -= taken
    victim.armor -= worn
    if attacker is not None and attacker.side != victim.side:
        key = attacker.player_id, victim.player_id
        play.harm[key] = play.harm.get(key, 0) + taken
    group = "generic" if weapon in {"hegrenade", "inferno", "planted_c4"} else play.rng.choice(HITGROUPS)
    _tell_damage(
        play, attacker, victim, taken=taken, worn=worn, weapon=weapon, hitgroup="head" if is_head else group
    )
    if victim.health == 0:
        die(play, attacker, victim, weapon=weapon, is_head=is_head)


def _tell_damage(
    play: Play,
    attacker: Fighter | None,
    victim: Fighter,
    *,
    taken: int,
    worn: int,
    weapon: str,
    hitgroup: str,
) -> None:
    if play.feed.is_silent:
        return
    data = p.DamageData(
        victim_player_id=victim.player_id,
        victim_team=victim.team,
        attacker_player_id=attacker.player_id if attacker else None,
        attacker_team=attacker.team if attacker else None,
        health_damage=taken,
        armor_damage=worn,
        health_after=victim.health,
        armor_after=victim.armor,
        weapon=weapon,
        hitgroup=hitgroup,
        attacker_position=place(play, attacker) if attacker else None,
        victim_position=place(play, victim),
    )
    play.emit(e.Damage, data)


def die(play: Play, killer: Fighter | None, victim: Fighter, *, weapon: str, is_head: bool) -> None:
    """The victim dies: a plant or defuse is interrupted, rewards are paid, the round may be decided."""
    bomb.interrupt(play, victim)
    _tell_death(play, killer, victim, weapon=weapon, is_head=is_head)
    if killer is not None and killer.side != victim.side:
        reward = killer.gun.kill_reward if weapon == killer.gun.name else 300
        earn(killer, reward, play.rules)
    if victim.side == "t":
        for fighter in play.fighters:
            if fighter.side == "ct" and play.rules.ct_kill_team_reward:
                earn(fighter, play.rules.ct_kill_team_reward, play.rules)
    fall(play, victim)
    if victim is play.bomb.carrier:
        bomb.drop(play, victim)
    victim.strip()
    _decide_by_death(play)


def _decide_by_death(play: Play) -> None:
    if not play.ct:
        play.decide("t", "t_win")
    elif not play.t and play.bomb.planted_s is None:
        play.decide("ct", "ct_win")


def _tell_death(play: Play, killer: Fighter | None, victim: Fighter, *, weapon: str, is_head: bool) -> None:
    if play.feed.is_silent:
        return
    is_blind = victim.blind_until_s > play.now_s and killer is not None
    flasher = play.player(victim.blinded_by) if is_blind and victim.blinded_by else None
    is_flashed = (
        flasher is not None and killer is not None and flasher.team == killer.team and flasher is not killer
    )
    data = p.KillData(
        victim_player_id=victim.player_id,
        victim_team=victim.team,
        killer_player_id=killer.player_id if killer else None,
        killer_team=killer.team if killer else None,
        assister_player_id=_assister(play, killer, victim),
        flash_assister_player_id=flasher.player_id if is_flashed and flasher else None,
        weapon=weapon,
        is_headshot=is_head,
        is_attacker_blind=killer is not None and killer.blind_until_s > play.now_s,
        killer_position=place(play, killer) if killer else None,
        victim_position=place(play, victim),
    )
    play.emit(e.Kill, data)


def _assister(play: Play, killer: Fighter | None, victim: Fighter) -> str | None:
    """The enemy of the victim, other than the killer, who did most damage to the victim, if it was enough."""
    if killer is None or killer.side == victim.side:
        return None
    harm_done = [
        (amount, attacker)
        for (attacker, harmed), amount in play.harm.items()
        if harmed == victim.player_id and attacker != killer.player_id and amount >= ASSIST_DAMAGE
    ]
    return max(harm_done)[1] if harm_done else None


def exploded(play: Play, _: object) -> None:
    """The bomb explodes and ends the round; players nearby take damage."""
    play.decide("t", "target_bombed")
    play.emit(e.BombExploded, bomb.data_of(play, play.bomb.planter))
    for fighter in [*play.ct, *play.t]:
        near = 1 - play.ground.distance(fighter.cell, play.bomb.cell) / BLAST_UNITS
        if near > 0:
            harm(play, None, fighter, amount=round(BLAST_DAMAGE * near), weapon="planted_c4")
