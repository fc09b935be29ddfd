"""Maps as small figures: walkable outlines, spawns, sites, radar scale."""
