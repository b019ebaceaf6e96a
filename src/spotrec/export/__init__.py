"""Results → where people use them: playlist files, the player, Spotify."""
