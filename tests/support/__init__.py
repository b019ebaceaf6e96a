"""What several tests stand on: music, weights, and servers on loopback."""
