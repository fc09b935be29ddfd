"""Map data: walkable outlines, spawns, sites, radar scale."""
