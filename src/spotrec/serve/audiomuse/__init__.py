"""The part of AudioMuse-AI's API that the plugins of Navidrome and Jellyfin use, so that they work with spotrec."""
